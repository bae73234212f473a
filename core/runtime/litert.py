"""LiteRT interpreters, made without their words: the library greets on standard error."""

from __future__ import annotations

from ai_edge_litert.interpreter import Interpreter

from core.runtime.silence_stderr import quiet


def make_interpreter(network: bytes) -> Interpreter:
    """On one core, with its tensors allocated. Raises ValueError or RuntimeError for what is no network."""
    with quiet():  # the library has no switch for it
        interpreter = Interpreter(model_content=network, num_threads=1)
        # Here, not in the constructor, the XNNPACK delegate is made and told of.
        interpreter.allocate_tensors()
    return interpreter
