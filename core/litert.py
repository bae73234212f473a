"""LiteRT interpreters, made without their words: the library greets on standard error, where the screen is."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from ai_edge_litert.interpreter import Interpreter

_one_at_a_time = threading.Lock()


def make_interpreter(network: bytes) -> Interpreter:
    """On one core, with its tensors allocated. Raises ValueError or RuntimeError for what is no network."""
    with _quiet():
        interpreter = Interpreter(model_content=network, num_threads=1)
        # Here, not in the constructor, the XNNPACK delegate is made and told of.
        interpreter.allocate_tensors()
    return interpreter


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # The library has no switch for it; what goes wrong is raised, not written.
    with _one_at_a_time:
        try:
            kept = os.dup(2)
        except OSError:  # there is no standard error
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
