# louguan: `make demo` shows it, `make test` tests it. `make help` lists the rest.
# Needs Python 3.11 or newer, make and a package registry; everything is installed into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
FOLDERS := config drivers schedules controller deploy tests hil_tests bench
CODE   := $(foreach folder,$(FOLDERS),$(if $(wildcard $(folder)/*.py),$(folder)))
SUDO   := $(if $(filter-out 0,$(shell id -u)),sudo,)

# Scenarios at once: most of each is waiting.
HIL_WORKERS ?= 8

# Handed on to the programs: make demo DEMO_ARGS="--for 60s", make test TEST_ARGS="-k modbus".
DEMO_ARGS ?=
TEST_ARGS ?=
FUZZ_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-service demo test hil slow properties campaign fuzz peers soak check format savings lock \
  clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

install: $(VENV)/.dev  ## install louguan and the developers' tools into .venv

demo: $(VENV)/.runtime  ## watch the simulated compound being controlled, until ctrl-C
	$(BIN)/louguan demo $(DEMO_ARGS)

test: $(VENV)/.dev  ## run the tests (no network needed once installed)
	$(BIN)/python -m pytest -n 4 --dist worksteal $(TEST_ARGS)

hil: $(VENV)/.dev  ## play the scenarios and the simulators' bench (14 minutes)
	$(BIN)/python -m pytest -n $(HIL_WORKERS) --dist load --maxschedchunk 1 -m "hil or not hil" hil_tests/test_scenarios.py \
	  hil_tests/test_scenario_parts.py hil_tests/test_scenario_starving.py hil_tests/test_bench.py hil_tests/test_bench_parts.py $(TEST_ARGS)

slow: $(VENV)/.dev  ## run the tests that take long
	$(BIN)/python -m pytest -m slow $(TEST_ARGS)

properties: $(VENV)/.dev  ## try the properties of deciding with thousands of cases
	LOUGUAN_CASES=20 $(BIN)/python -m pytest -n auto --dist worksteal -o timeout=3000 tests/schedules tests/controller/decide \
	  tests/controller/test_cycle_stateful.py tests/controller/test_cycle_stateful_rules.py $(TEST_ARGS)

# The same seeds on every machine: what is found is the edit's doing, not the machine's speed.
campaign: $(VENV)/.dev  ## live 300 random campaigns, and find five bugs that are planted (2 minutes)
	$(BIN)/python -m hil_tests.campaign.planted
	$(BIN)/python -m hil_tests.campaign run --seeds 1-300 --keep campaign-stories \
	  --sites config/sites/minimal,hil_tests/sites/house,hil_tests/sites/plant,tests/golden/good-rules-lighting $(TEST_ARGS)

fuzz: $(VENV)/.dev  ## feed every decoder of foreign bytes with junk, a second or two each
	$(BIN)/python -m tests.fuzz all --seconds 1.5 --seed $$(date +%Y%m%d) $(FUZZ_ARGS)

peers: $(VENV)/.dev  ## install independent Modbus, BACnet and MQTT programs and test against them
	$(MAKE) --no-print-directory -C peers install
	$(BIN)/python -m pytest -m peers tests/peers $(TEST_ARGS)

bench: $(VENV)/.dev .venv-peers/.installed  ## measure speed, cost and scale against floors and peers (BENCH_ARGS=--quick)
	$(BIN)/python -m bench $(BENCH_ARGS)

soak: $(VENV)/.dev  ## run the daemon for an hour at 5,000 points: does it grow, and what does it cost
	$(BIN)/python -m bench.soak $(TEST_ARGS)

check: $(VENV)/.dev  ## lint, format and type check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)

format: $(VENV)/.dev  ## reformat and mend what can be mended mechanically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

savings: $(VENV)/.runtime  ## rehearse what the example site's programme saves, into docs/savings.*
	$(BIN)/python -m bench.savings

# The locks hold versions and hashes of every file of a release, so that they serve x86_64 and aarch64 alike.
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-emit-options --annotation-style=line --newline=lf $(LOCK_ARGS)

# As root, with the system's own Python: sudo make install-service SITE=my-site. Again for an upgrade.
install-service:  ## install or upgrade louguan as a service of this box (SITE=, WHEELS=)
	$(SUDO) $(PYTHON) -m deploy install $(if $(SITE),--site $(SITE)) $(if $(WHEELS),--wheels $(WHEELS))

lock: $(VENV)/.dev  ## compute the locks anew (LOCK_ARGS=--upgrade for newer versions)
	$(COMPILE) --extra build -o requirements/runtime.lock pyproject.toml
	$(COMPILE) --extra build --extra dev -c requirements/runtime.lock -o requirements/dev.lock pyproject.toml
	$(COMPILE) -o requirements/peers.lock requirements/peers.in

clean:  ## remove everything that was installed, built or cached
	rm -rf $(VENV) .venv-peers build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis peers/node_modules peers/build
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "louguan needs Python 3.11 or newer; $(PYTHON) is not. Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  command -v apt-get >/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments: install its venv module first." >&2; exit 1; }; \
	  echo "$(PYTHON) lacks the venv module: installing Debian's python3-venv."; \
	  $(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/runtime.lock
	$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

# What the benches are compared with: an environment of its own, since it wants other versions than we do.
.venv-peers/.installed: requirements/peers.lock | $(BIN)/python
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/peers.lock
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r requirements/dev.lock
	@touch $@
