# Every target first brings .venv to what the lock says, and does nothing where it is so already.
# Recipes are POSIX sh and GNU make 3.81, which is what macOS has.

.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-quick lint wheels check chaos bench study up down wipe logs watch advisories format docs lock clean

PYTHON ?=
ARGS ?=
# Of `chaos`.
SEED ?=
# CONTAINERS=required makes `check` fail where it can't test them; AWAITED names a file that is made when their images are.
CONTAINERS ?=
AWAITED ?=
PY := .venv/bin/python
STAMP := .venv/.locked

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  make demo ARGS="--rate 2000 --fresh"   passes arguments on; make test ARGS="tests/unit -k codec" too'

demo: $(STAMP) ## start broker, database, shop and learners, and show the live board
	@sh requirements/java.sh
	@$(PY) -m freshet demo $(ARGS)

# Those of tests/containers say that they are skipped where no engine answers.
test: $(STAMP) ## run the tests but the long ones, or those of ARGS: integration in containers where an engine answers
	@sh requirements/java.sh
	@$(PY) -m $(if $(strip $(ARGS)),pytest $(ARGS),tests.again --most 3 $(patsubst --,-- -m "not long",$(SIDES) -- tests/containers))

test-all: $(STAMP) ## run all tests, the long ones too
	@sh requirements/java.sh
	@$(PY) -m tests.again --most 3 $(SIDES) -- tests/containers $(ARGS)

# Each file stays in one process, for its tests share what took long to make.
QUICK = tests/unit tests/contract tests/again.py tests/spent.py \
	contracts models infra producers consumers dashboard freshet
test-quick: $(STAMP) ## run the unit and contract tests, which need neither servers nor Java, on all cores
	@$(PY) -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder -m "not long" $(QUICK) $(ARGS)

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

# On Linux and macOS, x86-64 and ARM. PySpark has none; metadata alone is fetched, some seconds in all.
wheels: $(STAMP) ## see that the locks have a wheel of each package for every supported Python
	@uv=.make/tools/bin/uv; command -v uv >/dev/null 2>&1 && uv=uv; \
	for version in 3.11 3.12 3.13 3.14; do \
		for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do \
			"$$uv" pip install --quiet --dry-run --target .make/wheels --no-deps --require-hashes \
				--only-binary :all: --no-binary pyspark --python-version $$version --python-platform $$platform \
				-r requirements/dev.lock || exit 1; \
		done; \
	done; \
	echo 'Wheels: Python 3.11 to 3.14, on Linux (x86-64, ARM) and macOS (ARM).'

# Three at once, more than cores, since each waits for servers a third of its time: Spark; what computes, and whole demos; what
# kills servers; what asks them, and clusters.
SIDES = -- -p no:cacheprovider tests/batch spark_jobs $(ARGS) \
	-- -p no:cacheprovider $(QUICK) tests/e2e $(ARGS) \
	-- -p no:cacheprovider tests/embedded tests/faults $(ARGS) \
	-- -p no:cacheprovider tests/integration tests/chaos $(ARGS)
# On the second backend: what it is itself, and all that asks its Postgres, which is of another version; its Kafka is of the same.
TWICE = tests/integration/test_backend.py tests/integration/test_postgres.py tests/integration/scoreboard
THERE = FRESHET_TEST_BACKEND=containers FRESHET_TEST_AWAITED=$(AWAITED)
IN_CONTAINERS = -- $(THERE) -p no:cacheprovider $(TWICE) $(ARGS) -- $(THERE) -p no:cacheprovider tests/containers $(ARGS)
# What fails is run once more, alone, and named as FLAKY if it passes then (tests/again.py). Those in containers come last:
# their stacks and the servers of all others at once are more than two cores can bear, and their images may be made meanwhile.
# Where an engine answers, containers that can't be had are a failure.
check: lint wheels ## what CI runs: lint, types, import rules, wheels, all tests, branch coverage, containers
	@sh requirements/java.sh
	$(PY) -m coverage erase
	@FRESHET_TEST_BACKEND=embedded $(PY) -m tests.again --coverage --most 3 $(SIDES)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report
	@code=0; test '$(CONTAINERS)' = required || $(PY) -m tests.backend || code=$$?; \
	case $$code in \
	0) $(PY) -m tests.again $(IN_CONTAINERS) ;; \
	3) echo 'Tests in containers were not run, for no engine answers.' ;; \
	*) echo 'Tests in containers could not be run.' >&2; exit 1 ;; \
	esac

chaos: $(STAMP) ## kill 30 runs of the ETL, drawn with a seed, and two of three brokers below each role; half an hour
	@sh requirements/java.sh
	@seed='$(SEED)'; seed=$${seed:-$$(date +%s)}; echo "the same kills again: make chaos SEED=$$seed"; \
	FRESHET_TEST_SEED=$$seed FRESHET_TEST_KILLS=30 FRESHET_TEST_BACKEND=embedded \
	$(PY) -m pytest -v tests/batch/test_etl_faults.py tests/batch/test_etl_cluster.py -k "killed or restarted" $(ARGS)
	@FRESHET_TEST_ROUNDS=5 FRESHET_TEST_BACKEND=embedded $(PY) -m pytest -v -rP tests/chaos $(ARGS)

bench: $(STAMP) ## measure: the learner against a naive loop, COPY against JDBC, what models cost
	@sh requirements/java.sh
	@$(PY) -m benchmarks $(ARGS)

study: $(STAMP) ## put 200 equal and 200 better models before the gate of promotions: who passes?
	@$(PY) -m benchmarks.gate $(ARGS)

# What is in .env is compose's, too. The revision goes into the images' labels.
COMPOSE = docker compose
REVISION = $$(git rev-parse --short HEAD 2>/dev/null || echo unknown)

up: ## start everything in containers, and wait until all of it is healthy
	@DOCKER_BUILDKIT=1 $(COMPOSE) build --quiet --build-arg REVISION=$(REVISION) learner
	@$(COMPOSE) up --wait $(ARGS)
	@echo 'Up: make watch, make logs, docker compose exec scoreboard freshet score; make down keeps the data.'

down: ## stop the containers and keep their data
	@$(COMPOSE) down $(ARGS)

wipe: ## stop the containers and delete their data
	@$(COMPOSE) down --volumes $(ARGS)

logs: ## follow the containers' logs
	@$(COMPOSE) logs --follow --tail 20 $(ARGS)

watch: ## follow the predictions of the containers
	@$(COMPOSE) exec learner freshet watch $(ARGS)

advisories: $(STAMP) ## ask for known holes in what the locks name (before a release, not in CI)
	@for lock in app spark dev tools; do \
		echo "requirements/$$lock.lock"; \
		$(PY) -m pip_audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements/$$lock.lock || exit 1; \
	done

docs: $(STAMP) ## write the pages anew that derive from the code: topics, AsyncAPI, marts
	$(PY) -m tests.described.page > docs/topics.md
	$(PY) -m tests.described.asyncapi > docs/asyncapi.json
	$(PY) -m infra.postgres.describe > docs/marts.md

format: $(STAMP) ## format the code and mend what ruff can mend
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

# Universal: one lock for Linux and macOS and each Python. Without index addresses, so that mirrors work.
COMPILE = --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --fork-strategy fewest --custom-compile-command 'make lock'

lock: $(STAMP) ## resolve the dependencies of pyproject.toml anew (ARGS=--upgrade for newer ones)
	@uv=.make/tools/bin/uv; command -v uv >/dev/null 2>&1 && uv=uv; \
	"$$uv" pip compile $(COMPILE) $(ARGS) requirements/tools.in -o requirements/tools.lock && \
	"$$uv" pip compile $(COMPILE) $(ARGS) --all-extras --group dev pyproject.toml -o requirements/dev.lock && \
	"$$uv" pip compile $(COMPILE) -c requirements/dev.lock pyproject.toml -o requirements/app.lock && \
	"$$uv" pip compile $(COMPILE) -c requirements/dev.lock --extra spark --extra train pyproject.toml -o requirements/spark.lock

clean: ## remove .venv and all caches (not the data folder: `freshet demo --fresh` wipes that)
	rm -rf .venv .make build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python that is asked for is looked at each time: .venv may be of another.
ifneq ($(PYTHON),)
.PHONY: $(STAMP)
endif
$(STAMP): requirements/dev.lock requirements/tools.lock requirements/install.sh pyproject.toml
	@PYTHON='$(PYTHON)' sh requirements/install.sh
	@touch $(STAMP)
