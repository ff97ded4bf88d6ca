# Everything starts from a machine that has Python 3.11 or later (with venv) and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# What has a target of its own; `make test` leaves it out.
PROPERTIES := tests/properties tests/accounting/pld tests/accounting/saddlepoint tests/accounting/test_dotted.py tests/sweeps
MUTANTS := tests/mutants tests/certificates tests/cli/test_certificates.py
CONFORMANCE := tests/contract tests/conformance tests/peers tests/privacy_loss tests/reference
PAGES := tests/readme tests/website tests/reports tests/explorer tests/cli/test_report.py tests/cli/test_help.py
NOTEBOOKS := tests/notebooks
MEASURED := tests/attacks tests/ceilings tests/convergence
PROOFS := tests/proofs tests/proving tests/theorems

# Two processes with a thread each are faster than two that fight for the same cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-fast docs pages notebooks proofs measured properties mutants conformance lint benchmarks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## set up .venv with everything that the tests and the demo need

# The stamp is written last, so a set-up that was cut off starts anew; a complete one needs no network.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[dev,demo,peers,attacks]'
	touch $@

demo: $(STAMP) ## train a small transformer with DP-SGD and account for that run (2 minutes)
	$(BIN)/python demo/digits_transformer.py

test: $(STAMP) ## run the everyday tests (minutes)
	$(PYTEST) $(addprefix --ignore=,$(PROPERTIES) $(MUTANTS) $(CONFORMANCE) $(MEASURED) $(PROOFS) $(PAGES) $(NOTEBOOKS))

test-fast: $(STAMP) ## of these, those that take no more than a few seconds each
	$(PYTEST) -m 'not slow' $(addprefix --ignore=,$(PROPERTIES) $(MUTANTS) $(CONFORMANCE) $(MEASURED) $(PROOFS) $(PAGES) $(NOTEBOOKS))

proofs: $(STAMP) ## check every proof, by Coq, z3, balls and sympy, and print the ledger
	$(BIN)/dpaccount prove --strict --processes 2
	$(PYTEST) -m 'not ledger' $(PROOFS)

docs: $(STAMP) ## build the site from docs/ and the docstrings into site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo built site/index.html

pages: $(STAMP) ## run every example of README, docs and help, and open reports in a browser
	$(PYTEST) $(PAGES)

notebooks: $(STAMP) ## run every cell of every notebook, and check what they say
	$(PYTEST) --durations=6 $(NOTEBOOKS)

measured: $(STAMP) ## hold attacks and simulated training against what theory allows
	$(PYTEST) $(MEASURED)

properties: $(STAMP) ## hold theorems, grids and sweeps against roads that do not share their code
	$(PYTEST) $(PROPERTIES)

mutants: $(STAMP) ## change each formula, error term and certificate: a test, or the checker, has to notice
	$(PYTEST) $(MUTANTS)

conformance: $(STAMP) ## every accountant: the contract, the corners, the references, the peers
	$(PYTEST) $(CONFORMANCE)

lint: $(STAMP) ## check style, types and the arrows between modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

benchmarks: $(STAMP) ## measure the claims about speed, side by side with the peers
	$(BIN)/python -m compileall -q dpaccount # as an ordinary installation has it
	$(BIN)/python benchmarks/run.py

clean: ## remove .venv and what the tools wrote
	rm -rf $(VENV) build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
