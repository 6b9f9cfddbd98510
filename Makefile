# `make` is a convenience: ./dev does everything and needs no make. ./dev help says more.
.PHONY: help up test check env image lock clean

help:
	@./dev help

up test check env image lock clean:
	@./dev $@ $(ARGS)
