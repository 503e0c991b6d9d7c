# `make` alone prints this help. Everything runs without Docker; `make up` needs git and Python 3.11+.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help sync up down status logs reset lock test test-keycloak lint soak bench fresh

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

sync: ## Make .venv what requirements.lock says
	@$(PYTHON) deploy/local/bootstrap.py

up: sync ## Start Kafka, PostgreSQL, Zipkin, a mail sink and every service, and play the demo
	@$(BIN)/python -m ground up

down: sync ## End what `make up` started; data stays
	@$(BIN)/python -m ground down

status: sync ## Show each process, its port and state, and why a dead one died
	@$(BIN)/python -m ground status

logs: sync ## Show the last lines of the logs: make logs, make logs NAME=intake FOLLOW=1
	@$(BIN)/python -m ground logs $(NAME) $(if $(FOLLOW),--follow)

reset: sync ## End everything and forget its data
	@$(BIN)/python -m ground reset

lock: sync ## Resolve anew what requirements.lock and jars.lock.toml pin
	@$(BIN)/python -m ground.lock

test: sync ## Run the tests, on real servers that are gone afterwards
	@$(BIN)/pytest -m "not soak" --ignore=tests/bench --ignore=tests/keycloak --durations=25 --durations-min=5

test-keycloak: sync ## Sign staff in through real Keycloak, with the realm file of deploy/keycloak
	@$(BIN)/pytest tests/keycloak

lint: sync ## Check style, types and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

soak: sync ## Run the long proofs: a million events, any order, storms of crashes (ARGS="--only flat")
	@$(BIN)/pytest -m soak --ignore=tests/bench --ignore=tests/keycloak
	@$(BIN)/python -m tests.soak $(ARGS)

bench: sync ## Measure: ratios within one run, medians of three (ARGS="--cases-large 500000")
	@$(BIN)/python -m tests.bench $(ARGS)

fresh: ## Prove `make up` from a clone with an empty cache and no Java, Maven, PostgreSQL, uv or Docker
	@$(PYTHON) tests/system/fresh.py
