# The developer's manual: make setup | demo | check | test | bench | docs | audit | lock | sbom. Needs Python 3.11 or newer, Node 20 or newer, git.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8000
IMAGES ?=
ONLY ?=
MOVE ?=
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
SIDE_BY_SIDE := $(if $(filter-out 1,$(CORES)),-n $(CORES) --no-loadscope-reorder)
SYSTEM_PACKAGES ?= 1
STAMPS := /usr/share/tuxpaint/stamps
STATIC_SOURCES := $(shell find static -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: setup demo check test bench docs audit lock sbom system-packages gone

setup: .make/python .make/static .env

# One line that counts what pip collects; what it says beside goes to the log and is shown only if it fails.
.make/python: pyproject.toml $(if $(wildcard .venv/bin/python),,gone)
	@mkdir -p .make
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	echo "Installing the Python packages into .venv (torch with its CUDA libraries is the largest: about 6 GB)"
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[all]' 2>.make/pip.log | tee .make/pip.out | sed -un 's/^Collecting \([^ ]*\).*/\1/p; s/^Installing collected.*/installing them all/p' \
	  | awk '{ printf "\r  %3d packages | %-48.48s", n++, $$0; fflush() } END { print "" }' \
	  || { tail -20 .make/pip.out .make/pip.log; exit 1; }
	touch $@

.make/static: $(STATIC_SOURCES) $(if $(wildcard static/dist/participant.js),,gone)
	@mkdir -p .make
	echo "Building the participant's pages"
	cd static
	npm ci --no-audit --no-fund --loglevel=error
	npm run --silent build
	touch ../$@

# A secret of this checkout's own; see .env.example for what else may stand here.
.env: | .make/python
	@umask 077
	$(BIN)/python -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(48))' > $@

# Asked for by what was installed or built once and has been deleted since.
gone: ;

demo: setup system-packages
	@pool="$(IMAGES)"
	if [ -z "$$pool" ]; then pool=photographs; if [ -d $(STAMPS) ]; then pool=photographs+stamps; fi; fi
	exec $(BIN)/python manage.py demo --port $(PORT) --pool "$$pool"

# Photographs of some 420 objects for the demo's stimuli; without them it makes do with the few in the Python packages.
system-packages:
	@if [ -d $(STAMPS) ] || [ -n "$(IMAGES)" ]; then exit 0; fi
	if [ "$(SYSTEM_PACKAGES)" != 0 ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	  echo "Installing tuxpaint-stamps-default (SYSTEM_PACKAGES=0 turns this off)"
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends tuxpaint-stamps-default; } > .make/apt.log 2>&1 \
	    || echo "  it could not be installed (.make/apt.log says why); the demo goes on with the photographs alone"
	else
	  echo "For better stimuli install photographs of objects: on Debian or Ubuntu, sudo apt-get install tuxpaint-stamps-default"
	fi

check: setup
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy webapp experiments model_zoo
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	for file in docker/*.Dockerfile; do $(BIN)/hadolint "$$file"; done
	cd static
	npm run --silent check

# First what looks at no clock, on all cores with a thread each; then the timing of trials, alone. The second part runs whatever
# became of the first, and the end tells of both.
test: setup
	@cd static
	npm test --silent
	cd ..
	failed=0
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --ignore=tests/e2e/test_timing.py $(SIDE_BY_SIDE) | tee .make/tests.out || failed=1
	$(BIN)/python -m pytest tests/e2e/test_timing.py || failed=1
	echo "And the tests before these, side by side:"
	grep -E '^(Skipped|Database tests|=+ .* in [0-9.]+s)' .make/tests.out || failed=1
	exit $$failed

bench: setup
	@$(BIN)/python -m tests.benchmarks $(ONLY)

# Known weaknesses of all that is installed, where the advisory services answer; and licenses.
audit: setup
	@$(BIN)/python -m tests.supply_chain

# The images' packages with the hashes of their files, as PyPI has them. What was locked and still fits stays: MOVE=--upgrade takes the newest.
lock: setup
	@for image in web:web worker:research; do
	  echo 'setuptools>=77' | $(BIN)/uv pip compile pyproject.toml - --extra "$${image#*:}" --output-file "docker/$${image%:*}.lock" $(MOVE) \
	    --generate-hashes --python-version 3.11 --universal --no-config --no-emit-index-url --no-annotate --no-header --quiet
	done

# What is installed, as CycloneDX.
sbom: setup
	@mkdir -p var
	$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml $(BIN)/python --output-file var/sbom.python.json
	cd static
	npm sbom --sbom-format cyclonedx --package-lock-only > ../var/sbom.npm.json
	echo "var/sbom.python.json var/sbom.npm.json"

# The reference pages that are in git, and pages of the Python packages below var/docs.
docs: setup
	@$(BIN)/python -m tests.reference
	$(BIN)/pdoc --docformat google --output-directory var/docs experiments.contract experiments.methods experiments.datasets model_zoo '!experiments.methods.browser_bots'
	echo "Written to var/docs/index.html"
