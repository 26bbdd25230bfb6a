# The five commands a developer needs. Each does its own set-up from a clean clone.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: setup demo test lint bench docs clean

setup: .venv/.ready

.venv/.ready: setup.cfg pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,benchmark]' --config-settings editable_mode=compat
	touch $@

demo: setup
	$(BIN)/heed demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python -m docs

clean:
	rm -rf .venv build dist *.egg-info
