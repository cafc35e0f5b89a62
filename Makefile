# Every target first brings .venv to what the lock says, and does nothing where it is so already.
# Recipes are POSIX sh and GNU make 3.81, which is what macOS has.

.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help demo down test lint check bench format lock clean

PYTHON ?=
ARGS ?=
PY := .venv/bin/python
STAMP := .venv/.locked

# What CI holds to 95 % of all branches: where a mistake is silent.
FLOOR := contracts/*,models/*,consumers/engine/*

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  make demo ARGS="--rate 2000 --fresh"   passes arguments on; make test ARGS="tests/unit -k codec" too'

demo: $(STAMP) ## start broker, database, shop and learners, and show the live board
	@sh requirements/java.sh
	@$(PY) -m freshet demo $(ARGS)

down: $(STAMP) ## end what `freshet demo --keep` left running
	@$(PY) -m freshet down $(ARGS)

test: $(STAMP) ## run all tests: those of integration in containers where an engine answers
	@sh requirements/java.sh
	@$(PY) -m pytest $(ARGS)

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

# Tests of integration run twice where an engine answers; there, containers that can't be had are a failure.
check: lint ## what CI runs: lint, types, import rules, all tests, branch coverage, containers
	@sh requirements/java.sh
	$(PY) -m coverage erase
	FRESHET_TEST_BACKEND=embedded $(PY) -m coverage run -m pytest $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --include='$(FLOOR)' --fail-under=95
	@if $(PY) -m tests.backend; then \
		set -x; FRESHET_TEST_BACKEND=containers $(PY) -m pytest tests/integration $(wildcard tests/containers); \
	else \
		echo 'Tests in containers were not run, for no engine answers.'; \
	fi

bench: $(STAMP) ## measure: the learner against a naive loop, the simulator alone
	@sh requirements/java.sh
	@$(PY) -m benchmarks $(ARGS)

format: $(STAMP) ## format the code and mend what ruff can mend
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

# Universal: one lock for Linux and macOS and each Python. Without index addresses, so that mirrors work.
COMPILE = --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --fork-strategy fewest --custom-compile-command 'make lock'

lock: $(STAMP) ## resolve the dependencies of pyproject.toml anew (ARGS=--upgrade for newer ones)
	@uv=.make/tools/bin/uv; command -v uv >/dev/null 2>&1 && uv=uv; \
	"$$uv" pip compile $(COMPILE) $(ARGS) requirements/tools.in -o requirements/tools.lock && \
	"$$uv" pip compile $(COMPILE) $(ARGS) --all-extras --group dev pyproject.toml -o requirements/dev.lock

clean: ## remove .venv and all caches (not the data folder: `freshet demo --fresh` wipes that)
	rm -rf .venv .make build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements/dev.lock requirements/tools.lock requirements/install.sh pyproject.toml
	@PYTHON='$(PYTHON)' sh requirements/install.sh
	@touch $(STAMP)
