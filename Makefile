# Set-up and daily work. Two commands do everything on a fresh machine: `make demo` and `make test`.
# Only what both GNU make and BSD make understand is used here.

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
EXTRAS = dev,aws,redis,torch,convert
# On Linux the wheels of the default index carry CUDA, some gigabytes; pip takes those for the CPU
# where PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS names a place that has them.
TORCH = torch==2.13.0
DYNALITE = dynalite@4.0.0
WORKERS = 2
NOT_SLOW = not slow and not soak and not bench
# What `make soak` tries with many more examples; the tests marked soak run beside them.
SOAK = tests/faults/embedded tests/faults/dynamodb tests/reliability tests/adapters/packing tests/domain/test_audit.py tests/domain/test_timeline.py
# A part of the mutants, as a pattern of their names; all when empty.
ONLY =
# Whose mutants: domain, or a table tool.mutants-of of pyproject.toml.
OF = domain
# `make test CHROMIUM=no` leaves out the tests that look at the report in a browser.
CHROMIUM = yes

.PHONY: help demo test check lint bench mutants watch soak clean python-is-there chromium-is-there npm-is-there

help: ## what there is to make
	@grep -h '^[a-z]*:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

demo: $(VENV)/installed ## install clarity and analyze a bundled recording; the report is demo/report.html
	@$(BIN)/clarity demo --out demo
	@echo "The report is $$(pwd)/demo/report.html"

test: chromium-is-there $(VENV)/installed-dev ## install everything and pass all tests, with the coverage gates
	@marks="not soak and not bench"; \
	if [ "$(CHROMIUM)" = no ]; then marks="$$marks and not chromium"; fi; \
	HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest -n $(WORKERS) -m "$$marks" \
		--cov --cov-report=term --cov-fail-under=95
	@$(BIN)/python -m coverage report --include='clarity/domain/*,clarity/ports/*' \
		--fail-under=100 > .coverage-inner.txt 2>&1 \
		|| { cat .coverage-inner.txt; echo "domain and ports need 100 % branch coverage"; exit 1; }

check: lint ## the gates of every edit: format, lint, walls, types and the fast tests
	@$(BIN)/python -m pytest -q -m "$(NOT_SLOW) and not chromium"

lint: $(VENV)/installed-dev ## format, lint, walls and types alone
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

bench: $(VENV)/installed-dev ## measure, and write the tables of docs/baseline.md
	@$(BIN)/python -m tests.bench

mutants: $(VENV)/installed-dev ## mutation score of the domain (long), or OF=codecs; ONLY='clarity.domain.sleep*' for a part
	@bin="$$(pwd)/$(BIN)"; cd "$$($(BIN)/python -m tests.support.mutants $(OF))" && { \
		HYPOTHESIS_PROFILE=ci "$$bin/mutmut" run $(ONLY) > .mutants.txt 2>&1 || { tail -n 40 .mutants.txt; exit 1; }; \
		"$$bin/mutmut" results --all true | "$$bin/python" -m tests.support.mutation_score; }

watch: $(VENV)/installed-dev ## re-run the tests that a change touches, at every save
	@$(BIN)/python -m tests.support.watch

soak: $(VENV)/installed-dev ## the long runs: many more examples, the tests marked soak
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m "not bench" $(SOAK)
	@HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest -m soak

clean: ## remove all that the other targets made
	@rm -rf $(VENV) demo mutants .mutants-* build dist htmlcov .coverage .coverage.* .coverage-inner.txt .mutants.txt \
		.mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find clarity tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(MAKE) -s python-is-there
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing clarity into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml
	@$(MAKE) -s npm-is-there
	@echo "Installing clarity and what its tests need into $(VENV)"
	@$(PIP) install $(TORCH)
	@$(PIP) install --editable '.[$(EXTRAS)]'
	@npm install --prefix $(VENV)/npm --no-audit --no-fund --loglevel=error $(DYNALITE) > $(VENV)/npm.txt 2>&1 || { \
		cat $(VENV)/npm.txt; echo "could not install $(DYNALITE), a DynamoDB engine of the tests"; exit 1; }
	@touch $@ $(VENV)/installed

npm-is-there:
	@command -v npm > /dev/null && command -v node > /dev/null || { \
		echo "npm is missing, a DynamoDB engine of the tests comes with it: apt-get install nodejs npm (Debian), brew install node (macOS)"; exit 1; }

python-is-there:
	@command -v $(PYTHON) > /dev/null || { \
		echo "$(PYTHON) is missing: apt-get install python3 python3-venv (Debian), brew install python (macOS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) --version), clarity needs 3.11 or newer: brew install python (macOS), or make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "python3-venv is missing: apt-get install python3-venv (Debian)"; exit 1; }

chromium-is-there:
	@[ "$(CHROMIUM)" = no ] || command -v chromium > /dev/null || [ -d /Applications/Chromium.app ] || { \
		echo "chromium is missing, the report is tested in it: apt-get install chromium (Debian), brew install --cask chromium (macOS); or leave those tests out: make test CHROMIUM=no"; exit 1; }
