# `make` is a convenience: ./dev does everything and needs no make. ./dev help says more.
.PHONY: help up test check chaos docs env image lock clean

help:
	@./dev help

up test check docs env image lock clean:
	@./dev $@ $(ARGS)

# make chaos SEED=7 OPS=2000: another or a longer story than the 200 operations among the tests.
chaos:
	@CHAOS_SEED=$(or $(SEED),1) CHAOS_OPS=$(or $(OPS),200) ./dev test -s tests/chaos
