# All that a clean clone needs: GNU make, and CPython 3.11, 3.12 or 3.13 with venv and pip.
# `make help` lists the targets. Every target sets up what it uses.

VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST = $(BIN)/python -X dev -m pytest -n $(JOBS)
# So many tests run side by side; JOBS=0 is one after the other, in one process.
JOBS ?= auto
PYTEST_ARGS ?=
UV ?= uv

# PYTHON=... names the interpreter. Otherwise it is the first of these that is usable, which
# is found by running it: a pyenv shim may stand on PATH and have nothing behind it.
VERSIONS = 3.11 3.12 3.13
PYENV = $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions
ifeq ($(strip $(PYTHON)),)
INTERPRETERS = $(VERSIONS:%=python%) python3 $(VERSIONS:%=$(PYENV)/%.*/bin/python)
else
INTERPRETERS = $(PYTHON)
endif
PROBE = import ensurepip, sys, venv; \
	usable = sys.implementation.name == "cpython" and "%d.%d" % sys.version_info[:2] in sys.argv[1:]; \
	usable and print(sys.executable); \
	sys.exit(not usable)

# $(call find,VERSIONS,INTERPRETERS): shell text that prints the first usable interpreter.
find = for python in $(2); do "$$python" -c '$(PROBE)' $(1) 2>/dev/null && break; done

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all slow lint lint-code lint-format lint-types lint-layers
.PHONY: bench check-models constraints clean FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'PYTHON=python3.13 names the interpreter; PYTEST_ARGS="-k name" is passed to pytest.'

setup: $(VENV)/.stamp ## the environment .venv with utcheck in it; does nothing when that is up to date

run: setup ## check the example, specs/early_resume.yaml
	$(BIN)/utcheck run specs/early_resume.yaml

test: setup ## the tests, without the slow ones
	$(PYTEST) $(PYTEST_ARGS)

slow: setup ## the slow tests
	$(PYTEST) -m slow $(PYTEST_ARGS)

test-all: ## the tests on every Python that is supported and found here
	@summary=; found=; failed=; \
	for version in $(VERSIONS); do \
		python=$$($(call find,$$version,python$$version $(PYENV)/$$version.*/bin/python)); \
		if [ -z "$$python" ]; then \
			summary="$$summary  Python $$version: not found\n"; \
			continue; \
		fi; \
		found=yes; \
		echo "Python $$version: $$python"; \
		if $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON="$$python"; then \
			summary="$$summary  Python $$version: ok\n"; \
		else \
			summary="$$summary  Python $$version: FAILED\n"; \
			failed=yes; \
		fi; \
	done; \
	printf "test-all:\n$$summary"; \
	[ -n "$$found" ] && [ -z "$$failed" ]

lint: lint-code lint-format lint-types lint-layers ## style, formatting, types and layers (with -k: all of them, whatever fails)

lint-code: setup
	$(BIN)/ruff check

lint-format: setup
	$(BIN)/ruff format --check

lint-types: setup
	$(BIN)/mypy

lint-layers: setup
	$(BIN)/lint-imports --no-logo

check-models: setup ## the gate: the specs of this repository, which a change of a protocol must keep
	@mkdir -p build
	$(BIN)/utcheck run specs --jobs 2 --no-cache --output build/specs.txt \
		|| { status=$$?; grep ': not as expected' build/specs.txt; exit $$status; }
	@tail -n 1 build/specs.txt

bench: setup ## the benchmarks, minutes of them; BENCH_ARGS=--quick, or "--write README.md"
	$(BIN)/python -m tests.bench.run $(BENCH_ARGS)

constraints: ## pin the newest versions that pyproject.toml allows in .ci/constraints.txt (needs uv)
	$(UV) pip compile --quiet --upgrade --universal --python-version $(firstword $(VERSIONS)) \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make constraints' \
		--extra dev --group build pyproject.toml --output-file .ci/constraints.txt

clean: ## remove all that make has made
	rm -rf .venv $(VERSIONS:%=.venv-%) build dist .coverage htmlcov
	rm -rf .utcheck_cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The environment, in two halves: a change of pyproject.toml repeats only the second, which is quick.

# What is pinned. .pinned is written last and holds the path of the tree, because the scripts
# of an environment do. Without it, in a tree that has moved, or when PYTHON names another
# version, the environment is made anew.
$(VENV)/.pinned: .ci/constraints.txt
	@python=$$($(call find,$(VERSIONS),$(INTERPRETERS))); \
	if [ -z "$$python" ]; then \
		echo 'error: no CPython $(VERSIONS) with venv and pip among: $(INTERPRETERS)' >&2; \
		echo 'error: name one: make setup PYTHON=/path/to/python3.11' >&2; \
		exit 1; \
	fi; \
	echo "setting up $(VENV) with $$python"; \
	rm -f $(VENV)/.pinned $(VENV)/.stamp; \
	"$$python" -m venv --clear $(VENV)
	@$(PIP) install --no-compile --require-hashes --requirement .ci/constraints.txt
	@pwd -P > $@

# utcheck itself, editable. The pins come without a resolver, so `pip check` says whether they
# are what pyproject.toml asks for.
$(VENV)/.stamp: $(VENV)/.pinned pyproject.toml
	@$(PIP) install --no-compile --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check > $(VENV)/.check || { \
		cat $(VENV)/.check >&2; \
		echo 'error: .ci/constraints.txt does not fit pyproject.toml: make constraints' >&2; \
		exit 1; \
	}
	@touch $@

ifneq ($(shell cat $(VENV)/.pinned 2>/dev/null),$(shell pwd -P))
$(VENV)/.pinned: FORCE
endif
ifneq ($(strip $(PYTHON)),)
ifneq ($(shell $(BIN)/python -V 2>&1 || :),$(shell $(PYTHON) -V 2>&1 || :))
$(VENV)/.pinned: FORCE
endif
endif

# Cleaning beside other targets, under -j, would take away what they use.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
