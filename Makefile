# Everything from nothing, with only python3 >= 3.11 and make. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test compat soak bench bench-list check format setup web browser lock advisories clean

PYTHON ?= python3
# Test processes at a time.
WORKERS ?= 2
ARGS ?=
# Random walks of each kind in `make soak`, and where they begin.
WALKS ?= 20000
# Rows of the list in `make bench-list`.
ROWS ?= 100000
SEED := $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))

VENV := .venv
BIN := $(VENV)/bin
# Named after the pins and the project's own description: when either changes, the environment is brought up to date.
STAMP := $(VENV)/.ready-$(shell $(PYTHON) -c 'import hashlib, sys; print(hashlib.sha256(b"".join(open(name, "rb").read() for name in sys.argv[1:])).hexdigest()[:16])' requirements.lock pyproject.toml 2>/dev/null)

help:
	@echo 'make run      set up, then serve the demo on http://127.0.0.1:8000 (ARGS="--port 9000")'
	@echo 'make test     set up, then run the whole suite (ARGS="tests/engine -k timer", WORKERS=4)'
	@echo 'make compat   the same calls to this program and to a real Operaton, field by field; needs Java 17 and Maven'
	@echo 'make soak     walk at random through processes, requests and files for long (WALKS=20000, SEED=1 for the same again)'
	@echo 'make bench    what the program costs, into docs/reference/performance.md (ARGS="--quick", ARGS="--profile")'
	@echo 'make bench-list  one list of 100,000 rows, an hour on each kind of database (ROWS=10000: some minutes)'
	@echo 'make check    lint, types, import rules, diagrams'
	@echo 'make format   put the Python files into their standard shape, and diagrams into that of the modelers'
	@echo 'make setup    only set up: environment, browser assets, translations'
	@echo 'make lock     choose the newest versions that pyproject.toml allows'
	@echo 'make advisories  known faults of the pinned packages (asks a public service)'
	@echo 'make clean    remove everything made by building and testing; your data in var/ stays'

run: setup
	$(BIN)/duban serve --demo $(ARGS)

# A file's tests stay on one process, which lays its houses and opens its browser once. The servers that tests start
# are compiled once, also where the environment would have it each time.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup browser
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# No part of the suite: it fetches Operaton from Maven Central.
compat: setup
	mvn -q -B -f tests/contract/compat/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/build/compat
	$(BIN)/pytest -p no:cacheprovider tests/contract/compat/compare.py $(ARGS)

soak: $(STAMP) browser
	@echo 'Seed $(SEED), $(WALKS) walks of each kind. The same again: make soak SEED=$(SEED) WALKS=$(WALKS)'
	DUBAN_WALKS=$(WALKS) $(BIN)/pytest -n $(WORKERS) -p no:cacheprovider --hypothesis-seed=$(SEED) \
	  tests/workflows/engine/test_walks.py tests/workflows/test_persistence_reference.py \
	  tests/security/test_made_up_requests.py tests/security/test_fuzzed_uploads.py tests/security/test_walk.py \
	  tests/browser/test_long_stories.py tests/browser/test_long_story_of_two.py tests/server/test_serve.py $(ARGS)

bench: setup
	$(BIN)/duban bench --write docs/reference/performance.md $(ARGS)

bench-list: setup
	$(BIN)/duban bench --list $(ROWS) $(ARGS)

check: setup
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/duban check bpmn

format: setup browser
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/python -m tests.browser.desktop bpmn/*/*.bpmn

setup: $(STAMP) web

$(STAMP): SHELL := /bin/sh
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Duban needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1 || true)" >&2; \
	  echo "Name a newer one like this: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo "Creating $(VENV) …"; \
	  $(PYTHON) -m venv --clear $(VENV) || { \
	    [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    echo "This Python came without venv: installing python3-venv …" && \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv && \
	    $(PYTHON) -m venv --clear $(VENV); } || { \
	  echo "Could not create $(VENV): this Python needs its venv module (on Debian: apt-get install python3-venv)." >&2; exit 1; }; }
	@echo "Installing the packages of requirements.lock (about a minute the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@SKIP_WEB=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.ready-*
	@touch $@

web: $(STAMP)
	@$(BIN)/python hatch_build.py

# Chromium is the system's: no wheel carries one. The Chinese font keeps screenshots and text metrics honest.
browser:
	@present() { [ -x "$$CHROMIUM" ] || command -v chromium >/dev/null; }; \
	chinese() { command -v fc-list >/dev/null && [ -n "$$(fc-list :lang=zh-cn family)" ]; }; \
	if present && chinese; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium and fonts-noto-cjk …"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >/dev/null || true; \
	fi; \
	if present; then \
	  chinese || echo "!!!! NO CHINESE FONT: pages are tested with empty boxes for characters. Install fonts-noto-cjk." >&2; \
	elif [ "$$CI" = true ]; then \
	  echo "There is no Chromium, and CI must not pass without the browser tests." >&2; exit 1; \
	else \
	  echo "!!!! NO CHROMIUM: EVERY BROWSER TEST WILL BE SKIPPED. Install chromium and fonts-noto-cjk, or set CHROMIUM=/path/to/it." >&2; \
	fi

lock: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target build/lock uv
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links pyproject.toml --group dev -o requirements.lock

advisories: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target build/advisories pip-audit
	PYTHONPATH=build/advisories $(BIN)/python -m pip_audit -r requirements.lock --disable-pip --require-hashes

clean:
	rm -rf $(VENV) build dist test-results server/static/dist server/web/node_modules
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find server -name '*.mo' -delete
