"""A file is there whole or not at all, whichever helper writes it: on a full disk, after a kill, after a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import GoodpartError
from core.runtime.atomic_files import (
    BegunFile,
    remove_begun,
    replace_file,
    replacing,
    write_bytes,
    write_lines,
    write_material,
)
from tests.support.data import ROOT

Write = Callable[[Path, str], object]


def with_replacing(place: Path, text: str) -> None:
    with replacing(place) as aside:
        aside.write_text(text)


def with_begun_file(place: Path, text: str) -> None:
    begun = BegunFile(place)
    try:
        begun.path.write_text(text)
    except OSError:
        begun.discard()
        raise
    begun.finish()


WRITERS: dict[str, Write] = {
    "replace_file": lambda place, text: replace_file(place, text.encode()),
    "write_bytes": lambda place, text: write_bytes(place, text.encode()),
    "write_lines": lambda place, text: write_lines(place, iter(text.splitlines(keepends=True))),
    "write_material": lambda place, text: write_material(place, lambda aside: aside.write_text(text)),
    "replacing": with_replacing,
    "BegunFile": with_begun_file,
}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@every_writer
def test_a_file_is_made_and_replaced_and_nothing_is_beside_it(tmp_path: Path, write: Write) -> None:
    place = tmp_path / "file.txt"
    for text in ("old\n", "new\nand longer\n"):
        write(place, text)
        assert place.read_text() == text
        assert names(tmp_path) == {"file.txt"}


@every_writer
def test_the_mode_of_a_file_is_kept_and_a_new_one_is_the_users(tmp_path: Path, write: Write) -> None:
    place = tmp_path / "file"
    before = os.umask(0o027)
    try:
        write(place, "1")
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o640
    place.chmod(0o604)
    write(place, "2")
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("2", 0o604)


@every_writer
def test_a_name_as_long_as_the_file_system_takes_can_be_written(tmp_path: Path, write: Write) -> None:
    place = tmp_path / ("ä" * 127)
    write(place, "whole")
    assert place.read_text() == "whole"


@every_writer
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(write: Write, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(256)
    place = disk / "file"
    write(place, "old")
    with pytest.raises((OSError, GoodpartError), match="No space left"):
        write(place, "longer than the disk" * 20_000)
    assert place.read_text() == "old"
    assert names(disk) == {"file"}
    write(place, "fits")
    assert place.read_text() == "fits"


@every_writer
def test_a_folder_that_cannot_be_written_is_told_with_its_cause(
    write: Write, tmp_path: Path, read_only: Callable[[Path], Path]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("old")
    with pytest.raises((OSError, GoodpartError), match=r"(?i)read-only"):
        write(read_only(folder) / "file", "new")
    assert (folder / "file").read_text() == "old"
    assert names(folder) == {"file"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
@every_writer
def test_a_folder_without_rights_is_told_with_its_cause(write: Write, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises((OSError, GoodpartError), match="Permission denied"):
        write(tmp_path / "file", "new")


@every_writer
def test_what_is_in_the_way_of_the_name_is_left_and_the_begun_file_goes(write: Write, tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises((OSError, GoodpartError), match="directory"):
        write(tmp_path / "file", "new")
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize(
    ("write", "rest"),
    [
        (WRITERS["replace_file"], "what was there before is still there"),
        (WRITERS["write_lines"], "nothing was changed"),
        (WRITERS["write_material"], "what came before it was added"),
    ],
)
def test_the_sentence_names_the_file_the_cause_and_what_became_of_the_rest(
    write: Write, rest: str, tmp_path: Path
) -> None:
    place = tmp_path / "gone" / "file"
    with pytest.raises(GoodpartError) as raised:
        write(place, "new")
    assert str(raised.value) == f"{place}: cannot be written (No such file or directory); {rest}"


def failing_lines() -> Iterator[str]:
    yield "half of it\n"
    raise KeyboardInterrupt


def failing_write(aside: Path) -> None:
    aside.write_text("half of it")
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "write",
    [lambda place: write_lines(place, failing_lines()), lambda place: write_material(place, failing_write)],
    ids=["write_lines", "write_material"],
)
def test_who_is_interrupted_while_writing_leaves_the_old_file(write: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_a_writer_that_makes_the_file_anew_is_fine(tmp_path: Path) -> None:
    """Linkers remove what is there first."""
    program = tmp_path / "program"
    shutil.copy(sys.executable, program)
    with replacing(tmp_path / "copy") as aside:
        aside.unlink()
        shutil.copy(program, aside)
    assert os.access(tmp_path / "copy", os.X_OK)


def test_the_lines_are_counted_and_odd_names_are_told(tmp_path: Path) -> None:
    assert write_lines(tmp_path / "list", ["one\n", "b\udcffd\n"]) == 2
    assert (tmp_path / "list").read_text() == "one\nb\\udcffd\n"


HANGING = """
import sys, time
from pathlib import Path
from core.runtime import atomic_files

def hang(*_):
    print("begun", flush=True)
    time.sleep(60)

def lines():
    yield "half"
    hang()

def half(aside):
    aside.write_text("half")
    hang()

place = Path(sys.argv[2])
if sys.argv[1] in ("replace_file", "write_bytes"):
    atomic_files.os.fsync = hang  # it is killed before the file is renamed
    getattr(atomic_files, sys.argv[1])(place, b"new")
elif sys.argv[1] == "write_lines":
    atomic_files.write_lines(place, lines())
elif sys.argv[1] == "write_material":
    atomic_files.write_material(place, half)
elif sys.argv[1] == "replacing":
    with atomic_files.replacing(place) as aside:
        half(aside)
else:
    half(atomic_files.BegunFile(place).path)
"""


@pytest.mark.parametrize("helper", WRITERS)
def test_who_is_killed_while_writing_leaves_the_old_file_and_what_can_be_cleaned_up(
    helper: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / ".file.tmp").write_text("of an older version")
    command = [sys.executable, "-c", HANGING, helper, str(tmp_path / "file")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        child.kill()
    assert (tmp_path / "file").read_text() == "old"
    (begun,) = names(tmp_path) - {"file", ".file.tmp"}
    assert begun.startswith(".") and begun.endswith(".tmp")  # hidden, and left out of a recipe's copy
    remove_begun(tmp_path, child.pid)
    assert names(tmp_path) == {"file", ".file.tmp"}
