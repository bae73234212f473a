"""`goodpart config` tells every setting and where it comes from, and writes what is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.cli.main import main
from tui.view.key_table import KEYS


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings" / "config.toml"
    for name in ("NO_COLOR", "GOODPART_THEME", "GOODPART_REFRESH", "GOODPART_ASCII", "GOODPART_COLORS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("GOODPART_CONFIG", str(path)), ("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")):
        monkeypatch.setenv(name, value)
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main(["config", *arguments]) == 0
    out = capsys.readouterr().out
    # It is a config.toml that would give the same settings.
    tomllib.loads(out)
    return {
        line.split(" = ")[0]: " ".join(line.split(" = ", 1)[1].split()) for line in out.splitlines() if " = " in line
    }


def test_every_setting_with_its_origin(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()
    file.write_text('theme = "light"\n[keys]\nquit = "f10"\n')
    monkeypatch.setenv("GOODPART_REFRESH", "2")
    said = told(capsys, "--ascii")
    assert said["theme"] == '"light" # file'
    assert said["refresh"] == "2 # environment GOODPART_REFRESH"
    assert said["units"] == '"dB" # default'
    assert said["ascii"] == "true # option --ascii"
    assert said["colors"] == '"256" # default: as this terminal is'
    assert said["quit"] == '"f10" # file'
    assert said["pause"] == '"space" # default'
    assert set(said) == {"theme", "refresh", "units", "ascii", "colors", *(key.id for key in KEYS)}


def test_set_writes_and_keeps_what_else_is_there(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert told(capsys, "--set", "theme=light", "keys.quit=f10", "refresh=2", "ascii=yes")["theme"] == '"light" # file'
    file.write_text("# mine\n" + file.read_text())
    said = told(capsys, "--set", "theme=", "colors=16")
    assert said["theme"] == '"auto" # default' and said["colors"] == '"16" # file' and said["quit"] == '"f10" # file'
    assert file.read_text().startswith("# mine\n")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("them=light", "`them` is not a setting; did you mean `theme`?"),
        ("theme=pink", "must be one of"),
        ("theme", "type NAME=VALUE"),
        ("refresh=often", "must be a number"),
        ("keys.quitt=f10", "'quitt' is not an action"),
        ("keys.quit=j", "is given to both"),
        ("keys=f10", "must be a table"),
    ],
)
def test_what_cannot_be_is_not_written(capsys: pytest.CaptureFixture[str], file: Path, given: str, words: str) -> None:
    assert main(["config", "--set", given]) != 0
    assert words in capsys.readouterr().err
    assert not file.exists()


def test_an_unknown_action_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.parent.mkdir()
    file.write_text('[keys]\nquitt = "f10"\n')
    assert main(["config"]) != 0
    assert "did you mean 'quit'?" in capsys.readouterr().err


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(
    capsys: pytest.CaptureFixture[str], small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = small_disk(16)
    monkeypatch.setenv("GOODPART_CONFIG", str(disk / "config.toml"))
    (disk / "config.toml").write_text('theme = "light"\n')
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(4096))
    assert main(["config", "--set", "theme=dark"]) == 2
    assert "config.toml: cannot be written (No space left on device)" in capsys.readouterr().err
    assert sorted(path.name for path in disk.iterdir()) == ["config.toml", "filler"]
    assert (disk / "config.toml").read_text() == 'theme = "light"\n'
