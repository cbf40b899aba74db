.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SITE ?= site
REQUIRE ?=

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Sova needs Python 3.11 or later; set PYTHON=") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

run: $(VENV)/run.stamp  ## Collect the example CI, print the report, write the site
	$(BIN)/python -m examples.ci.run --site $(SITE)

test: $(VENV)/dev.stamp  ## Run the tests (no network, no root), up to four processes at a time
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: $(VENV)/dev.stamp  ## Lint, types, import contract, counts of exceptions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/exceptions.py

bench: $(VENV)/dev.stamp  ## Speed, memory and parity, side by side with peers
	$(BIN)/python -m bench.parity
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.memory
	$(BIN)/python -m bench.fetch
	mkdir -p build && $(BIN)/python -m examples.ci.run --site build/site > build/report.txt
	$(BIN)/python -m bench.library build/example/logs
	$(BIN)/python -m bench.pages --builds 50000
	$(BIN)/python -m bench.site --builds 7500

bench-full: $(VENV)/dev.stamp  ## A million builds: pages and API on SQLite and PostgreSQL, the site of 14 days
	$(BIN)/python -m bench.pages --builds 1000000
	$(BIN)/python -m bench.pages --builds 1000000 --database postgresql
	$(BIN)/python -m bench.site --builds 150000

fuzz: $(VENV)/dev.stamp  ## Hold the engine against the reference for a minute
	$(BIN)/python -m fuzz.engine --seconds 60

test-real: $(VENV)/dev.stamp  ## Tests against real servers; REQUIRE=zuul,sshd,apache,nginx
	$(BIN)/python -m pytest tests/real --real --require=$(REQUIRE) -s

tests/browser/node_modules: tests/browser/package-lock.json
	npm ci --prefix tests/browser --silent
	touch $@

test-browser: $(VENV)/dev.stamp tests/browser/node_modules  ## Walk every page with Debian's chromium; axe, HTML validator
	$(BIN)/python -m pytest tests/browser --browser -n 2 --dist worksteal

screenshots: $(VENV)/dev.stamp  ## Pictures of console and every page into build/images, those of the docs anew (chromium)
	mkdir -p build
	FORCE_COLOR=1 COLORTERM=truecolor COLUMNS=130 $(BIN)/python -m examples.ci.run --site build/site > build/console.ansi
	$(BIN)/python -m tools.screenshots --config build/example/sova.yaml --console build/console.ansi --out build/images
	cd docs/images && for picture in *.png; do cp ../../build/images/$$picture $$picture; done

docs: $(VENV)/dev.stamp  ## Write the reference pages from the code
	$(BIN)/python tools/reference.py

lock:  ## Write requirements/*.txt anew from pyproject.toml
	$(BIN)/python tools/lock.py

clean:  ## Remove everything that make has made
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help run test check bench bench-full fuzz test-real test-browser screenshots docs lock clean
