# Every target makes the .venv that it needs. Only Python 3.11 or newer and make are required.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-fast slow check firmware bench picture install clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     run the dashboard on a simulated bench (q quits)"
	@echo "make test     run the tests (minutes)"
	@echo "make test-fast  run the tests without processes, devices and whole screens (half a minute)"
	@echo "make slow     run the slow tests"
	@echo "make check    check format, lint, types and import rules"
	@echo "make firmware test the knob board's logic on host and emulator"
	@echo "make bench    run the measurements (minutes)"
	@echo "make picture  draw docs/dashboard.svg from the running demo (minutes)"
	@echo "make install  install goodpart for this user; with EXTRA= without TensorFlow"
	@echo "make clean    remove the .venv and all caches"

# constraints.txt has the exact versions; the set-up runs again if it or pyproject.toml changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("goodpart needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (only once, takes some minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,serve,dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/goodpart demo

# More workers than most machines have cores: tests often wait for devices, terminals and other processes.
# A worker that runs out of tests takes some from another, so that the longest file does not decide the total time.
test: $(READY)
	$(BIN)/python -m pytest -n 4 --dist worksteal

# The tests without processes, terminals, devices, TensorFlow or whole screens.
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
