# One image for the registrator, the page and the command (`docker run demi-registry:local ls`).
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /src
# The build backend is in the developers' lock, and pip takes hashes from a whole lock only. An
# isolated build would be smaller, but fetches whichever backend is the newest today.
COPY requirements-dev.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-dev.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY registrator registrator
COPY cli cli
COPY ui ui
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /dist .

FROM ${PYTHON_IMAGE} AS venv
# The path must be the final one: scripts in a virtual environment name their interpreter in
# full. It gets no pip of its own, as nothing is installed after this stage.
RUN python -m venv --without-pip /opt/demi
COPY requirements.lock ./
RUN pip --python /opt/demi/bin/python install --no-cache-dir --require-hashes -r requirements.lock
COPY --from=wheel /dist /dist
RUN pip --python /opt/demi/bin/python install --no-cache-dir --no-deps /dist/*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="demi-registry" \
      org.opencontainers.image.description="Docker labels in, Consul services, checks, keys and DNS out" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=venv /opt/demi /opt/demi
# Unbuffered: a log line is read when it is written. No byte code: the root is read-only.
ENV PATH=/opt/demi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# NiceGUI keeps a folder in its working directory, and home is where libraries keep theirs.
ENV HOME=/tmp
WORKDIR /tmp
# A number, so that "is it root?" can be answered without the image's user list. It needs no
# entry there: it owns no file.
USER 10001:10001
ENTRYPOINT ["demi"]
# No HEALTHCHECK: one image has several roles, and each role's check is in compose.yaml.
