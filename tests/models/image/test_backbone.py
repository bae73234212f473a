"""The backbone: weights out of a pickle that may not run anything, and a network that sees what it should."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from core.errors import GoodpartError, UnreadableError
from core.features.image.backbone import Backbone, find_backbone
from core.features.image.picture import resized
from models.image import backbone
from models.image.torch_file import read_tensors, tensors_in
from tests.support.data import ROOT

HEAD = b"".join(
    pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True})
)


def opcodes(value: object) -> bytes:
    """A value inside of a pickle."""
    return pickle.dumps(value, 2)[2:-1]


def tensor(
    size: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], kind: str = "FloatStorage"
) -> bytes:
    """A tensor as PyTorch pickles it, in a storage that is called `1`."""
    storage = b"(" + opcodes("storage") + f"ctorch\n{kind}\n".encode() + opcodes("1") + opcodes("cpu") + opcodes(size)
    view = opcodes(offset) + opcodes(shape) + opcodes(strides) + b"\x89}"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"NtQ" + view + b"tR"


def weights(content: bytes, numbers: np.ndarray | None = None) -> bytes:
    """A whole file that holds one thing called `w`."""
    numbers = np.arange(12, dtype="<f4") if numbers is None else numbers
    keys = pickle.dumps(["1"], 2)
    return (
        HEAD
        + b"\x80\x02}"
        + opcodes("w")
        + content
        + b"s."
        + keys
        + len(numbers).to_bytes(8, "little")
        + numbers.tobytes()
    )


def test_a_tensor_is_read_through_its_strides_and_offset() -> None:
    read = tensors_in(weights(tensor(12, 2, (3, 2), (1, 4))), "weights")["w"]
    np.testing.assert_array_equal(read, [[2, 6], [3, 7], [4, 8]])
    assert read.flags.c_contiguous


class Malicious:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


@pytest.mark.parametrize("place", ["beside the weights", "instead of the magic number", "as the list of storages"])
def test_a_malicious_pickle_is_refused_and_nothing_of_it_runs(tmp_path: Path, place: str) -> None:
    proof = tmp_path / "it_ran"
    evil = pickle.dumps(Malicious(proof), 2)
    data = {
        "beside the weights": weights(evil[2:-1]),
        "instead of the magic number": evil,
        "as the list of storages": HEAD + b"\x80\x02}." + evil,
    }[place]
    file = tmp_path / "weights.pth"
    file.write_bytes(data)
    with pytest.raises(UnreadableError, match=r"weights\.pth.*refused.*system"):
        read_tensors(file)
    assert not proof.exists()
    # The same bytes do run in an ordinary unpickler, or else this test would prove nothing.
    pickle.loads(evil)
    assert proof.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cbuiltins\neval\n(" + opcodes("1") + b"tR",
        b"ccollections\nOrderedDict\n(" + opcodes([("a", 1)]) + b"tR",
        b"\x8c\x05torch\x8c\x04load\x93",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        opcodes("words") + b"Q",
        opcodes(5),
        tensor(12, 0, (12,), (1,), "QUInt8Storage"),
    ],
    ids=["eval", "a mapping", "another name of torch", "the function itself", "no storage", "a number", "odd storage"],
)
def test_anything_but_tensors_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableError, match="refused"):
        tensors_in(weights(content), "weights")


@pytest.mark.parametrize(
    "view",
    [
        (12, 0, (13,), (1,)),
        (12, 11, (2,), (1,)),
        (12, -1, (2,), (1,)),
        (12, 0, (1000, 1000), (0, 0)),
        (99, 0, (2,), (1,)),
    ],
)
def test_a_tensor_that_reaches_beyond_its_storage_is_refused(
    view: tuple[int, int, tuple[int, ...], tuple[int, ...]],
) -> None:
    with pytest.raises(UnreadableError, match="refused"):
        tensors_in(weights(tensor(*view)), "weights")


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    whole = weights(tensor(12, 0, (12,), (1,)))
    for length in range(len(whole)):
        with pytest.raises(UnreadableError, match="refused"):
            tensors_in(whole[:length], "weights")


def test_without_the_weights_the_technician_learns_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbone, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(GoodpartError, match=r"pip install 'goodpart\[train\]'"):
        backbone.convert_network(cut=True)
    assert not backbone.can_convert()


def test_without_any_backbone_and_the_means_to_convert_one_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backbone, "PACKAGE", "a_package_that_is_not_there")
    monkeypatch.setenv("GOODPART_CACHE", str(tmp_path))
    assert backbone.obtain_backbone() is None


needs_weights = pytest.mark.skipif(not backbone.can_convert(), reason="the extra `train` is not installed")


@pytest.mark.slow
@needs_weights
def test_the_uncut_network_knows_a_cat_and_an_espresso() -> None:
    data = pytest.importorskip("skimage.data")
    network, _ = backbone.convert_network(cut=False)
    interpreter = Interpreter(model_content=network, num_threads=1)
    interpreter.allocate_tensors()
    for picture, label in ((data.chelsea(), 285), (data.coffee(), 967)):
        small = resized(np.ascontiguousarray(picture[:, :, ::-1]), 224)
        interpreter.set_tensor(
            interpreter.get_input_details()[0]["index"], (small[None].astype(np.float32) - 127) / 128
        )
        interpreter.invoke()
        logits = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        assert int(np.argmax(logits)) == label
        assert np.exp(logits[label]) / np.exp(logits).sum() > 0.5


@pytest.mark.slow
@needs_weights
def test_the_backbone_is_converted_once_without_a_word_and_found_again(tmp_path: Path) -> None:
    convert = "from models.image.backbone import obtain_backbone; obtain_backbone()"
    code = f"import sys; {convert}; assert 'tensorflow' not in sys.modules"
    environment = {**os.environ, "GOODPART_CACHE": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(files) == 2

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOODPART_CACHE", str(tmp_path))
        network = find_backbone()
        assert network is not None
        grey = np.full((1080, 1920, 3), 127, np.uint8)
        shapes = [tap.shape for tap in Backbone(network).taps(grey)]
        assert shapes == [(56, 56, 24), (28, 28, 40), (14, 14, 80), (14, 14, 112), (7, 7, 320)]

        # A damaged one is converted again.
        next(tmp_path.glob("*.tflite")).write_bytes(network[:-1])
        assert backbone.obtain_backbone() == network
