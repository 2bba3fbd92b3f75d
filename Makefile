.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PARTS := $(wildcard src tests bench tools)

.PHONY: help setup serve test test-all check bench statements lock

help:  ## show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY)  ## make the environment in .venv (every other target does so by itself)

$(READY): requirements.lock requirements-dev.lock pyproject.toml tools/uv.lock tools/build.lock tools/bootstrap.py
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" tools/bootstrap.py; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed; on Debian: apt install python3 python3-venv" >&2; exit 1

serve: $(READY)  ## serve the demo on 127.0.0.1:8000
	@exec $(BIN)/appointed serve --demo

test: $(READY)  ## run the tests
	$(BIN)/pytest -n 2 -m "not exhaustive"

test-all: $(READY)  ## run the tests, the long ones too
	$(BIN)/pytest -n 2

check: $(READY)  ## format, lint, types, contracts, then the tests: what CI runs
	$(BIN)/ruff format --check $(PARTS)
	$(BIN)/ruff check $(PARTS)
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(MAKE) --no-print-directory test

bench: $(READY)  ## measure, print the table and keep it as JSON
	$(BIN)/python -m bench

statements: $(READY)  ## run the tests that claim numbered statements and print each outcome
	@$(BIN)/pytest -n 2 -q --no-header --statements

lock: $(READY)  ## resolve the requirements anew and write every lock file
	$(BIN)/python tools/bootstrap.py lock
