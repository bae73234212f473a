"""Creates LiteRT interpreters and suppresses the library's banner on standard error."""

from __future__ import annotations

from ai_edge_litert.interpreter import Interpreter

from core.runtime.silence_stderr import quiet


def make_interpreter(network: bytes) -> Interpreter:
    """An interpreter of a TFLite file's bytes, on one core, with allocated tensors. Raises ValueError or RuntimeError
    if the network is invalid."""
    with quiet():  # the library has no option for it
        interpreter = Interpreter(model_content=network, num_threads=1)
        # The XNNPACK delegate is created and announced here, not in the constructor.
        interpreter.allocate_tensors()
    return interpreter
