"""LiteRT's greeting would stand in the middle of the screen, or among the errors of `score`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.features.image.backbone import find_backbone
from core.runtime.litert import make_interpreter
from tests.support.data import ROOT

TALK = """
import os
import numpy as np
from core.features.image.backbone import find_backbone
from core.runtime.litert import make_interpreter
if {direct}:
    from ai_edge_litert.interpreter import Interpreter
    Interpreter(model_content=find_backbone(), num_threads=1).allocate_tensors()
else:
    interpreter = make_interpreter(find_backbone())
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.zeros((1, 224, 224, 3), np.float32))
    interpreter.invoke()
os.write(2, b"an error of ours")
"""


def said(*, direct: bool) -> str:
    code = TALK.format(direct=direct)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_an_interpreter_is_made_in_silence_and_errors_are_heard_afterwards() -> None:
    if find_backbone() is None:
        pytest.skip("no backbone was converted here yet (goodpart train does it)")
    assert said(direct=False) == "an error of ours"
    if said(direct=True) == "an error of ours":
        pytest.skip("this LiteRT does not greet")


def test_what_is_no_network_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="Flatbuffer"):
        make_interpreter(b"no network at all")
    print("heard")
    assert capfd.readouterr().out == "heard\n"
