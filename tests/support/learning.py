"""Modules that learn in a process of their own, run in this one: quicker, and TensorFlow is loaded once for all."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from unittest import mock


def learn_here(
    module: ModuleType, arguments: Sequence[str | Path], env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE ARGUMENTS` of such a module, except that it does not end when standard input closes."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, env, clear=True),
        mock.patch.object(module, "end_with_parent"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = module.main([str(one) for one in arguments])
    return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())
