"""All measurements, one after another: `make bench`, or `python -m tests.bench NAME ...`."""

from __future__ import annotations

import os
import subprocess
import sys

BENCHES = (
    "auroc", "learning", "watching", "seed_path", "sound", "listening", "knobs", "amulet_path", "screen", "recording",
    "serving", "demo", "shift",
)  # fmt: skip

missed = False
environment = {"OMP_NUM_THREADS": "1"} | os.environ  # as goodpart itself does
for name in sys.argv[1:] or BENCHES:
    print(f"\n== {name}", flush=True)
    options = ["--seed-method"] if name == "auroc" else []
    missed |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}", *options], env=environment).returncode != 0
sys.exit(missed)
