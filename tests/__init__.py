"""Tests; their packages mirror those of the product."""

import os
import sys

# As the command line sets it, before NumPy loads. Threads that spin for small matrices cost more than they bring,
# and the processes of a test run use all cores already.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Without bytecode every process of a test run would compile the product, and the rewritten tests, from their source.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
