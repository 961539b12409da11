# Aurum from a bare machine: Python 3.11 with pip, and make. Everything lives in .venv/ and var/.
#   make demo                    a broker with a living market, in the foreground; Ctrl-C stops it
#   make demo DATA=FILE          the same, driven by recorded gold
#   make start [DEMO=0]          in the background; returns when everything answers (DEMO=0: a real, empty install)
#   make test                    every test; make check: every rule

PYTHON ?= python3
PY := .venv/bin/python
MANAGE := $(PY) manage.py
DEMO ?= 1
DATA ?=
SPEED ?= 60
# One more than there are processors: tests wait for browsers and for processes that start.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(6, (os.cpu_count() or 1) + 1))')
export PYTHONUNBUFFERED := 1
# Compiled modules are kept: without them each of the portal's processes would compile Django at every start.
unexport PYTHONDONTWRITEBYTECODE
RUN_ARGUMENTS := $(if $(filter 0,$(DEMO)),,--demo) $(if $(DATA),--data '$(DATA)' --speed $(SPEED))

.PHONY: help setup setup-dev setup-bench demo start stop status reset doctor check test test-slow test-browser \
        build-engine bench bench-engine bench-page backup restore messages vendor format

help:
	@sed -n 's/^#//p' Makefile

setup:
	@$(PYTHON) portal/deploy/bootstrap.py run

setup-dev:
	@$(PYTHON) portal/deploy/bootstrap.py dev

setup-bench:
	@$(PYTHON) portal/deploy/bootstrap.py bench

demo: setup
	@exec $(MANAGE) run_all --demo $(if $(DATA),--data '$(DATA)' --speed $(SPEED))

start: setup
	@$(MANAGE) run_all --detach $(RUN_ARGUMENTS)

stop: setup
	@$(MANAGE) stop

status: setup
	@$(MANAGE) status

reset: setup
	@$(MANAGE) reset $(if $(CONFIRM),--confirm $(CONFIRM))

doctor: setup
	@$(MANAGE) doctor

check: setup-dev
	@$(PY) -m portal.deploy.check

test: setup-dev
	@$(PY) -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

test-slow: setup-dev
	@$(PY) -m pytest -m slow -p no:randomly $(ARGS)

test-browser: setup-dev
	@$(PY) -m pytest tests/browser -m browser $(ARGS)

# The same sources through mypyc, where a C compiler and Python's headers exist; every process takes them while they fit.
build-engine: setup-dev
	@$(PY) -m portal.deploy.compile

bench: build-engine
	@$(MANAGE) bench $(ARGS)

# The engine beside its peers from the package index; the last line is one JSON object.
bench-engine: setup-bench build-engine
	@$(PY) -m tests.benchmarks.engine_bench $(ARGS)

bench-page: setup-dev
	@$(MANAGE) bench_page $(ARGS)

backup: setup
	@$(MANAGE) backup $(if $(FILE),--file '$(FILE)')

restore: setup
	@$(MANAGE) restore $(if $(FILE),--file '$(FILE)')

messages: setup
	@$(MANAGE) messages

vendor: setup
	@$(PY) portal/vendoring.py

format: setup-dev
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .
