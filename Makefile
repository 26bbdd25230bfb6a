# The commands a developer needs. Each does its own set-up from a clean clone.
SHELL := /bin/bash
BIN := .venv/bin
# The first Python that is new enough and can make virtual environments; a shim that leads nowhere is none.
PYTHON ?= $(shell for python in python3.11 /usr/bin/python3.11 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.PHONY: setup browser demo test lint bench docs picture clean

setup: .venv/.ready browser

.venv/.ready: setup.cfg pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with venv, is needed: on Debian, apt-get install python3-venv."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[test,benchmark]' --config-settings editable_mode=compat
	touch $@

# Only tests need a browser. It is the system's own: one that Playwright downloads is in no package index. What drives it
# wants libatomic1, which a bare system lacks. What Debian recommends beside a browser is for desktops.
APT := DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends
HAS_BROWSER := { command -v chromium || command -v chromium-browser || command -v google-chrome; } > /dev/null \
	&& $(BIN)/playwright --version > /dev/null 2>&1

browser: .venv/.ready
	@$(HAS_BROWSER) || test "$$(id -u)" != 0 || $(APT) install chromium libatomic1 \
		|| { $(APT) update && $(APT) install chromium libatomic1; } || true
	@$(HAS_BROWSER) || echo "NOTE: without Chromium, tests in a browser are skipped. On Debian: apt-get install chromium libatomic1"

demo: setup
	$(BIN)/heed demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 --dist worksteal

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python -m docs

# The one in the README; docs/picture.py says what else it needs.
picture: setup
	$(BIN)/python -m docs.picture

clean:
	rm -rf .venv build dist *.egg-info
