# Everything starts from a machine that has Python 3.11 or later (with venv) and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-fast lint benchmarks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## set up .venv with everything that the tests and the demo need

# The stamp is written last, so a set-up that was cut off starts anew; a complete one needs no network.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[dev,demo,peers]'
	touch $@

demo: $(STAMP) ## train a small transformer with DP-SGD and account for that run (2 minutes)
	$(BIN)/python demo/digits_transformer.py

test: $(STAMP) ## run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-fast: $(STAMP) ## run the tests that take no more than a few seconds each
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow'

lint: $(STAMP) ## check style, types and the arrows between modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

benchmarks: $(STAMP) ## measure the claims about speed, side by side with the peers
	$(BIN)/python benchmarks/run.py

clean: ## remove .venv and what the tools wrote
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
