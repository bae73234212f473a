"""All measurements, one after another: `make bench`, or `python -m tests.bench NAME ...`."""

from __future__ import annotations

import os
import runpy
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as goodpart itself does

BENCHES = (
    "auroc", "learning", "watching", "seed_path", "sound", "listening", "knobs", "amulet_path", "screen", "recording",
    "serving", "demo",
)  # fmt: skip

missed = False
for name in sys.argv[1:] or BENCHES:
    print(f"\n== {name}", flush=True)
    sys.argv = [name, "--seed-method"] if name == "auroc" else [name]
    try:
        runpy.run_module(f"tests.bench.{name}", run_name="__main__")
    except SystemExit as end:
        missed |= bool(end.code)
sys.exit(missed)
