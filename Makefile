# Hercules: `make demo` shows it, `make test` proves it. Everything else is listed by `make help`.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
UV_VERSION := 0.13.9
STAGE ?= dev
.DEFAULT_GOAL := help
.PHONY: help setup

help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Python packages, pinned with hashes; made again when the lock or the interpreter changes.
$(VENV)/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hercules needs Python 3.11 or newer")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@

# The deployment tool; its one install script (esbuild's) is not needed and not run.
node_modules/.ready: package-lock.json
	@npm ci --ignore-scripts --loglevel=error
	@touch $@

setup: $(VENV)/.ready node_modules/.ready ## install the pinned packages into .venv and node_modules
