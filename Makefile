# `make` alone lists what can be done here.
.DEFAULT_GOAL := help
.PHONY: help demo test model model-sounds model-rows bench tables clean

PYTHON ?= python3
FULL := .venv/bin/python
LIGHT := .venv-light/bin/python

# Settings of the caller's shell that would reach into the environments made here.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV
# Two workers with threads of their own would fight for the cores.
export OMP_NUM_THREADS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help: ## Show this list.
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@echo "Python 3.11 or newer is taken as $(PYTHON); another one: make TARGET PYTHON=python3.12"

demo: .venv-light/installed ## Analyse a simulated ECG, or your own: make demo FILE=path/to/recording.
	@mkdir -p demo
	@if [ -n "$$FILE" ]; then \
	  $(LIGHT) -m arsis analyse "$$FILE" --out demo/report; \
	else \
	  $(LIGHT) -m arsis simulate beats demo/simulated && \
	  $(LIGHT) -m arsis analyse demo/simulated --out demo/report; \
	fi
	@echo "Open demo/report/report.html in a browser."

test: .venv/installed ## Check form, types and floors, then run every test.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(FULL) -m pytest -n 2

model: .venv/installed ## Train, score and ship the beats model again: make model DATA=path/to/mitdb.
	$(FULL) -m arsis train beats --data "$(DATA)" --out runs/beats --processes 2
	$(FULL) -m arsis evaluate runs/beats/beats runs/beats/beats-[0-9]* --data "$(DATA)"
	$(FULL) scripts/ship.py runs/beats/beats

model-sounds: .venv/installed ## The same for sounds: make model-sounds DATA=path/to/circor CINC=path/to/training-a.
	$(FULL) -m arsis train sounds --data "$(DATA)" --out runs/sounds --processes 2
	$(FULL) -m arsis evaluate runs/sounds/folded/sounds runs/sounds/folded/sounds-[0-9]* --data "$(DATA)"
	$(FULL) -m arsis evaluate runs/sounds/sounds runs/sounds/sounds-[0-9]* --data "$(CINC)"
	$(FULL) scripts/ship.py runs/sounds/sounds

model-rows: .venv/installed ## The same for rows of single heartbeats, every net both ways: make model-rows DATA=path/to/mitdb.
	for part in random patients; do \
	  epochs=$$([ $$part = random ] && echo 12 || echo 6); \
	  for net in residual:3e-3 cnn-baseline:1e-3 cnn-lstm:2e-3; do \
	    $(FULL) -m arsis train beats-187 --data "$(DATA)" --corpus kaggle-$$part --processes 2 \
	      --out runs/rows/$$part-$${net%:*} --name $${net%:*}-$$part \
	      --set net=$${net%:*} --set rate=$${net#*:} --set epochs=$$epochs || exit 1; \
	  done; \
	  $(FULL) -m arsis evaluate runs/rows/$$part-*/*-$$part runs/rows/$$part-*/*-$$part-[0-9]* \
	    --data "$(DATA)" || exit 1; \
	done
	$(FULL) scripts/ship.py runs/rows/random-residual/residual-random --as beats-187

bench: .venv/installed ## Measure speed and memory on this machine into results/speed.json.
	$(FULL) scripts/bench.py --install

tables: .venv/installed ## Write the tables of README.md and docs/ from results/*.json.
	$(FULL) -m arsis tables README.md docs/*.md

clean: ## Remove the environments, the demonstration and all caches.
	rm -rf .venv .venv-light demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv-light/installed: pyproject.toml constraints.txt
	@$(call environment,.venv-light,.)

.venv/installed: pyproject.toml constraints.txt
	@$(call environment,.venv,.[dev])

# environment(folder, what to install): the stamp `installed` is written when all went well.
define environment
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "arsis needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
  echo "Name another one: make PYTHON=/path/to/python3.11 TARGET" >&2; exit 1; }; \
echo "Installing into $(1) (once; takes about a minute) ..."; \
$(PYTHON) -m venv $(1) && \
$(1)/bin/python -m pip install --quiet -c constraints.txt -e '$(2)' && \
touch $(1)/installed
endef
