# Everything a user or developer runs. `make` alone lists it. Only Python 3.11 or newer and make are needed beforehand.

BIN := .venv/bin
READY := .venv/.ready

# The first Python on this machine that every pinned package has a wheel for; `make PYTHON=...` chooses another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$each -c '$(FITS)' 2>/dev/null && echo $$each && break; done)

# uv resolves and installs; where the machine has none, pip puts one into the environment.
UV = $$(command -v uv || echo $(BIN)/uv)

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export MLFLOW_DISABLE_TELEMETRY = true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION = false

.DEFAULT_GOAL := help
.PHONY: help setup demo test check dashboard mlflow speed fuzz lock clean chromium

help: ## list what make can do
	@echo "make ..."
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## install everything into .venv, in the exact versions of requirements.txt
	@echo "Ready. Try: make demo"

demo: $(READY) ## train two small detectors on handwritten digits and compare them in the browser
	@$(BIN)/modelruns demo

# Files of tests go to as many processes as there are cores, at most four; one that hangs says where, and ends the run.
SHARED_OUT = --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test: $(READY) chromium ## run every test, those in the browser included (ARGS="-n 0 tests/metrics": only these, in one process)
	@$(BIN)/python -m pytest $(SHARED_OUT) $(ARGS)

check: $(READY) ## what CI runs: format, lint, types, import contracts, then every test
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory test

dashboard: $(READY) ## open the dashboard on the runs in mlruns/
	@$(BIN)/modelruns dashboard

mlflow: $(READY) ## open MLflow's own page on the runs in mlruns/
	@echo "MLflow opens on http://127.0.0.1:5000 (Ctrl+C ends it)"
	@$(BIN)/mlflow server --workers 1 --backend-store-uri sqlite:///mlruns/mlflow.db --host 127.0.0.1 --port 5000

speed: $(READY) ## measure speed beside other programs; writes metrics/SPEED.md (ARGS="--only a,b" measures parts)
	@$(BIN)/python tests/speed $(ARGS)

fuzz: $(READY) ## compare random scenes with pycocotools for 2 minutes (ARGS="--minutes 10 --seed 3")
	@$(BIN)/python tests/fuzz $(ARGS)

lock: $(READY) ## compile requirements.txt from pyproject.toml; `make lock ARGS=--upgrade` takes newer versions
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--no-annotate --custom-compile-command "make lock" --quiet $(ARGS) -o requirements.txt

clean: ## remove the environment and every cache; your runs in mlruns/ stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache screenshots
	find trainer metrics dashboard tests -name __pycache__ -prune -exec rm -rf {} +

chromium: $(READY)
	@$(BIN)/python tests/chromium.py

# Stamped at the very end, so that an interrupted set-up is taken up again; what was downloaded is not fetched twice.
$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "modelruns needs Python 3.11 to 3.14, and none is on the PATH" \
		"(python3 is $$(python3 --version 2>&1)). Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c '$(FITS)' || { echo "modelruns needs Python 3.11 to 3.14; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version): the first time about 3 GB are downloaded, 6 GB on disk."
	@$(BIN)/python -c '$(FITS)' 2>/dev/null && { command -v uv || $(BIN)/python -m pip --version; } >/dev/null 2>&1 \
		|| uv venv --quiet --clear --python $(PYTHON) .venv 2>/dev/null \
		|| $(PYTHON) -m venv --clear .venv >/dev/null \
		|| { echo "This Python cannot make environments. Debian and Ubuntu: apt-get install python3-venv." >&2; exit 1; }
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet 'uv>=0.9,<1'
	@$(UV) pip install --python $(BIN)/python --only-binary :all: -r requirements.txt
	@$(UV) pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation \
		--config-setting editable_mode=compat --editable .
	@touch $@
