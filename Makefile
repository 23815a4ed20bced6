# Entry points. Each one creates what it needs: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# The face detector: with its own dependencies it would put a second OpenCV over the one that is there.
FACES := $(PIP) --no-deps mtcnn-runtime

# Tests of pages and of killed servers wait half of their time: two cores have three at work.
WORKERS ?= 3

.PHONY: help setup demo test search lint bench clean
.DEFAULT_GOAL := help

help:  ## list the entry points
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

$(BIN)/python:
	@echo "Creating the environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cutis needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv

.venv/serving.stamp: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing cutis for serving (no torch); a minute or two"
	@$(PIP) -e '.[web]'
	@$(FACES)
	@touch $@

.venv/development.stamp: .venv/serving.stamp
	@echo "Installing the training and development tools (torch among them); several minutes"
	@$(PIP) -e '.[train,dev,web,postgresql,dicom,fhir]'
	@$(FACES)
	@touch $@

# Browser libraries, pinned in package-lock.json; without npm the platform's pages say what is off and work without.
VENDOR := src/cutis/web/static/vendor/.stamp
$(VENDOR): package.json package-lock.json src/cutis/web/vendor.mjs
	@if command -v npm >/dev/null; then echo "Bringing browser libraries"; \
	npm ci --ignore-scripts --no-fund --no-audit --silent && npm run --silent vendor && touch $@ || echo "the browser libraries could not be brought: pages say what is off"; \
	else echo "npm is missing: pages of the platform will say what is off without the browser libraries"; fi

setup: .venv/development.stamp $(VENDOR)  ## the whole environment, for training and development

demo: .venv/serving.stamp  ## the main job on shipped bundles; ends with a report
	@$(BIN)/cutis demo --out demo

test: .venv/development.stamp $(VENDOR)  ## all tests
	@HYPOTHESIS_PROFILE=steady $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

# Each round makes up other examples; what fails is kept in .hypothesis and tried first the next time.
ROUNDS ?= 5
search: .venv/development.stamp $(VENDOR)  ## the tests with made-up examples, in rounds of new ones (ROUNDS=5)
	@for round in $$(seq $(ROUNDS)); do echo "round $$round of $(ROUNDS)"; \
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m hypothesis || exit 1; done

lint: .venv/development.stamp  ## style, types, import contracts
	@echo "ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "mypy --strict"
	@$(BIN)/mypy
	@echo "import contracts"
	@$(BIN)/lint-imports

bench: .venv/development.stamp  ## benchmarks against peers; each ends in a ratio
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## what the entry points made
	rm -rf .venv demo build dist
