# Everything here makes its own .venv; nothing else than python3.11+ and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-fast slow check firmware bench picture install clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     the dashboard on the simulated bench (q quits)"
	@echo "make test     the tests (minutes)"
	@echo "make test-fast  the tests that start no processes, devices or whole screens: half a minute"
	@echo "make check    format, lint, types, import rules"
	@echo "make firmware the board's logic on host and emulator"
	@echo "make bench    measurements (minutes)"
	@echo "make picture  docs/dashboard.svg, drawn by the running demo (minutes)"
	@echo "make install  goodpart for this user, without TensorFlow if EXTRA= is given"

# Exact versions come from constraints.txt; the set-up runs again when they or the package's own list change.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("goodpart needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once, some minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,serve,dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/goodpart demo

# More at a time than there are cores: much of what they do is waiting for devices, terminals and other processes.
# A worker that runs out of tests takes some from another, so the longest file does not decide how long it takes.
test: $(READY)
	$(BIN)/python -m pytest -n 4 --dist worksteal

# No processes, terminals, devices, TensorFlow or whole screens.
FAST := not (slow or process or terminal or device or learning or screen)
test-fast: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "$(FAST)"

slow: $(READY)
	$(BIN)/python -m pytest -n 3 --dist loadfile -m slow

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

firmware:
	@$(MAKE) --no-print-directory -C firmware

bench: $(READY)
	$(BIN)/python -m tests.bench

picture: $(READY)
	$(BIN)/python docs/make_picture.py

EXTRA ?= [train,serve]
install:
	@test -x $(HOME)/.local/share/goodpart/venv/bin/python || $(PYTHON) -m venv $(HOME)/.local/share/goodpart/venv
	@$(HOME)/.local/share/goodpart/venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt '.$(EXTRA)'
	@mkdir -p $(HOME)/.local/bin
	@ln -sf $(HOME)/.local/share/goodpart/venv/bin/goodpart $(HOME)/.local/bin/goodpart
	@echo "installed: $(HOME)/.local/bin/goodpart"

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis
