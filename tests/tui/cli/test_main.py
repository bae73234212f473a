"""The command line: the whole job, its exit codes, and a sentence instead of a traceback for whatever is wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.bundle import read_bundle
from core.journal.store import read_journal
from core.recipes.lock import RecipeLock
from core.recipes.recipe import Recipe, open_recipe
from tests.support.parts import good_part, goodpart, make_recipe, odd_part, until, write_parts
from tui.cli.main import main

User = Mapping[str, str]
COMMANDS = ["new", "teach", "train", "calibrate", "score", "watch", "demo", "devices"]
KEYS = {
    "path", "kind", "verdict", "score", "density", "density_threshold", "reconstruction_error",
    "reconstruction_error_threshold", "p_value", "reason",
}  # fmt: skip


@contextmanager
def started(arguments: Sequence[str | Path], env: User, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """The command line left running, in a process group of its own; killed if it is still there at the end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tui", *map(str, arguments)],
        env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, **options,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def in_process(arguments: Sequence[str]) -> int:
    """The same without a process of its own: quicker, for what ends before anything is done."""
    try:
        return main(arguments)
    except SystemExit as end:
        return int(str(end.code))


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """Pictures of good parts that were not taught."""
    write_parts(tmp_path / "shown", range(1000, 1012))
    return tmp_path / "shown"


def scored(recipe: Recipe, env: User, *paths: Path) -> tuple[int, list[dict[str, Any]]]:
    done = goodpart(["score", recipe.folder, "--json", *paths], env)
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_whole_job(user: User, tmp_path: Path, shown: Path) -> None:
    """From no recipe to a live verdict, by a name below the user's data folder."""
    env = dict(user) | {"GOODPART_DATA_HOME": str(tmp_path / "recipes")}
    write_parts(tmp_path / "stick", range(30))
    made = goodpart(["new", "pump", "--camera", shown], env)
    assert (made.returncode, made.stderr) == (0, "")
    assert f"made {tmp_path / 'recipes' / 'pump' / 'recipe.toml'}" in made.stdout
    taught = goodpart(["teach", "pump", "--images", tmp_path / "stick"], env)
    assert taught.returncode == 0
    assert "30 pictures added, 0 refused, 0 already known" in taught.stdout
    assert "pump holds 30 good pictures, 0 of them near-duplicates" in taught.stdout
    trained = goodpart(["train", "pump"], env)
    assert trained.returncode == 0, trained.stderr
    assert "pump: learnt from 30 good pictures" in trained.stdout
    assert "false-alarm target 5 %" in trained.stdout
    odd = write_parts(tmp_path / "odd", [1], odd_part)
    code, (called,) = scored(open_recipe(str(tmp_path / "recipes" / "pump")), env, *odd)
    assert (code, called["verdict"]) == (1, "ANOMALY")
    calibrated = goodpart(["calibrate", "pump", "--false-alarms", "0.1"], env)
    assert calibrated.returncode == 0
    assert "false-alarm target 10 %, expected 3-19 %" in calibrated.stdout
    watched = goodpart(["watch", "pump", "--headless", "--for", "3"], env)
    assert watched.returncode == 0, watched.stderr
    told = [json.loads(line) for line in watched.stdout.splitlines()]
    assert [t["verdict"] for t in told].count("OK") > len(told) / 2
    assert watched.stderr == ""
    recipe = open_recipe(str(tmp_path / "recipes" / "pump"))
    assert recipe.settings.verdict.false_alarms == 0.1
    kinds = [event.kind for event in read_journal(recipe.journal)]
    assert kinds[:3] == ["training", "threshold", "start"]
    assert kinds[-1] == "stop"


def test_help_of_everything(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    bare = goodpart([], user)
    assert bare.returncode == 0
    assert all(command in bare.stdout for command in COMMANDS)
    assert "goodpart teach pump --images FOLDER" in bare.stdout
    assert goodpart(["--help"], user).stdout == bare.stdout
    assert goodpart(["--version"], user).stdout.startswith("goodpart 0")
    for command in COMMANDS:
        assert in_process([command, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: goodpart {command}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["wach", "pump"], "invalid choice"),
        (["watch"], "there is no recipe: give a folder"),
        (["watch", "pump", "--for", "-1"], "not a number of seconds above 0"),
        (["watch", "pump", "--for", "nan"], "not a number of seconds above 0"),
        (["watch", "pump", "--line", "--headless"], "not allowed with"),
        (["watch", "pump"], "there is no recipe here"),
        (["train", "none"], "there is no recipe here"),
        (["train", "pump", "--false-alarms", "5"], "not a share between"),
        (["train", "pump", "--false-alarms", "abc"], "not a share between"),
        (["train", "pump", "--epochs", "0"], "not a whole number above 0"),
        (["train", "pump", "--image-method", "magic"], "invalid choice"),
        (["calibrate", "pump"], "--false-alarms"),
        (["score", "pump"], "PATH"),
        (["teach", "pump", "--images"], "at least one argument"),
        (["new", ""], "which recipe?"),
        (["new", "pump", "--camera", "no-such-file.avi"], "is not an existing file or folder"),
        (["train", "x" * 300], "too long"),
        (["train", "~nobody-of-this-name/pump"], "there is no recipe here"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_wrong_use_is_said_in_a_sentence(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GOODPART_DATA_HOME", str(tmp_path))
    assert in_process(arguments) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert out == ""


def test_a_recipe_that_is_wrong_stops_every_command(user: User, trained: Recipe, shown: Path) -> None:
    trained.toml.write_text("[verdict]\nfalse_alarms = nan\n")
    for arguments in (
        ["teach", trained.folder, "--images", shown], ["train", trained.folder], ["score", trained.folder, shown],
        ["calibrate", trained.folder, "--false-alarms", "0.1"], ["watch", trained.folder, "--headless"],
    ):  # fmt: skip
        done = goodpart(arguments, user)
        assert done.returncode == 2
        assert done.stderr == f"goodpart: {trained.toml}: `verdict`: `false_alarms` is nan but must be a number\n"


def test_score_tells_each_picture_under_the_contracts_names(
    user: User, trained: Recipe, shown: Path, tmp_path: Path
) -> None:
    write_parts(tmp_path / "odd", range(5), odd_part)
    code, told = scored(trained, user, shown, tmp_path / "odd")
    assert code == 1
    assert len(told) == 17
    assert all(set(t) == KEYS and t["kind"] == "image" for t in told)
    good, odd = told[:12], told[12:]
    assert [Path(t["path"]).name for t in good] == [f"part{seed}.png" for seed in range(1000, 1012)]
    assert sum(t["verdict"] == "OK" for t in good) >= 10
    assert all(t["verdict"] == "ANOMALY" for t in odd)
    assert min(t["score"] for t in odd) > max(t["score"] for t in good)
    assert all(t["p_value"] == pytest.approx(1 / 31) for t in odd)


def test_score_codes(user: User, trained: Recipe, shown: Path, tmp_path: Path) -> None:
    first = shown / "part1001.png"
    assert goodpart(["score", trained.folder, first], user).returncode == 0
    (odd,) = write_parts(tmp_path / "odd", [1], odd_part)
    text = goodpart(["score", trained.folder, first, odd], user)
    assert text.returncode == 1
    assert text.stdout.splitlines()[0].startswith("OK  ")
    assert text.stdout.splitlines()[1].startswith("ANOMALY  ")
    assert goodpart(["score", tmp_path, first], user).returncode == 2
    code, told = scored(trained, user, odd, tmp_path / "none.png", first)
    assert code == 3
    assert [t["verdict"] for t in told] == ["ANOMALY", "UNKNOWN", "OK"]


def test_what_score_cannot_judge_is_unknown_and_the_rest_goes_on(
    user: User, trained: Recipe, shown: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad: odd names"
    bad.mkdir()
    (bad / "empty.png").touch()
    (bad / "text.png").write_text("no picture")
    data = cv2.imencode(".jpg", good_part(1))[1].tobytes()
    (bad / "cut.jpg").write_bytes(data[: len(data) // 2])
    assert cv2.imwrite(str(bad / "dark.png"), np.full((150, 200, 3), 2, np.uint8))
    assert cv2.imwrite(str(bad / "small.png"), good_part(1)[:75, :100])
    (tmp_path / "nothing").mkdir()
    done = goodpart(
        ["score", trained.folder, "--json", bad, tmp_path / "nothing", tmp_path / ("x" * 300), shown / "part1001.png"],
        user,
    )
    assert done.returncode == 3
    told = {Path(t["path"]).name: t for t in map(json.loads, done.stdout.splitlines())}
    assert len(told) == 8
    assert all(set(t) == KEYS for t in told.values())
    assert told.pop("part1001.png")["verdict"] == "OK"
    assert all(t["verdict"] == "UNKNOWN" and t["score"] is None and t["reason"] for t in told.values())
    assert told["empty.png"]["path"] == str(bad / "empty.png")
    for name, words in {
        "empty.png": "0 bytes", "text.png": "not a picture", "cut.jpg": "cut.jpg: ", "dark.png": "too dark",
        "small.png": "taught were", "nothing": "no pictures or sound files in this folder", "x" * 300: "cannot be read",
    }.items():  # fmt: skip
        assert words in told[name]["reason"]


def test_a_file_name_of_another_encoding_is_no_obstacle(user: User, trained: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    name = os.fsdecode(b"Pr\xfcfling.png")
    (path,) = write_parts(folder, [1])
    path.rename(folder / name)
    assert goodpart(["score", trained.folder, folder], user | {"LC_ALL": "C"}).returncode in (0, 1)
    assert scored(trained, user, folder)[0] in (0, 1)
    (folder / name).write_text("no picture")
    assert goodpart(["score", trained.folder, folder], user).returncode == 3
    assert "refused: " in goodpart(["teach", trained.folder, "--images", folder], user).stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_who_stops_reading_the_scores_gets_no_traceback(
    user: User, trained: Recipe, shown: Path, options: list[str]
) -> None:
    with started(["score", trained.folder, *options, shown], user) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(20) == 0


def test_output_that_cannot_be_written_is_said(user: User, trained: Recipe, shown: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui", "score", str(trained.folder), str(shown)],
            env=dict(user), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "goodpart: No space left on device\n"


def test_teach_says_what_it_refused(user: User, tmp_path: Path, shown: Path) -> None:
    recipe = make_recipe(tmp_path / "pump")
    (shown / "text.png").write_text("no picture")
    done = goodpart(["teach", recipe.folder, "--images", shown], user)
    assert done.returncode == 3
    assert f"refused: {shown / 'text.png'}: " in done.stderr
    assert "12 pictures added, 1 refused" in done.stdout
    assert len(list(recipe.good_images.iterdir())) == 12
    again = goodpart(["teach", recipe.folder, "--images", shown / "part1000.png"], user)
    assert again.returncode == 0
    assert "0 pictures added, 0 refused, 1 already known" in again.stdout
    defect = goodpart(["teach", recipe.folder, "--defect", "--link", "--images", shown / "part1000.png"], user)
    assert "pump holds 1 defective pictures" in defect.stdout
    assert next(recipe.defect_images.iterdir()).is_symlink()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert goodpart(["teach", recipe.folder, "--images", empty], user).returncode == 2


def test_three_pictures_are_refused_with_the_number_still_needed(user: User, tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", 3)
    done = goodpart(["train", recipe.folder], user)
    assert done.returncode == 2
    assert "goodpart: pump: 3 good pictures; 5 % false alarms need 19: teach 16 more" in done.stderr
    assert not recipe.image_bundle.exists()


def test_train_remembers_what_was_asked(user: User, trained: Recipe) -> None:
    before = read_bundle(trained.image_bundle).id
    done = goodpart(["train", trained.folder, "--false-alarms", "0.1", "--image-method", "features"], user)
    assert done.returncode == 0, done.stderr
    settings = open_recipe(str(trained.folder)).settings
    image = settings.image
    bundle = read_bundle(trained.image_bundle)
    assert settings.verdict.false_alarms == 0.1
    assert image.thresholds.model == bundle.id != before
    assert image.thresholds.by == "calibrated for 10 % false alarms"


def test_a_target_that_so_few_pictures_cannot_support_is_refused(user: User, trained: Recipe) -> None:
    before = trained.toml.read_bytes()
    done = goodpart(["calibrate", trained.folder, "--false-alarms", "0.01"], user)
    assert done.returncode == 2
    assert "it takes 99, 69 more; 30 support 3.23 % or more" in done.stderr
    assert trained.toml.read_bytes() == before
    done = goodpart(["calibrate", trained.folder, "--false-alarms", "0.0323"], user)
    assert done.returncode == 0, done.stderr


def test_without_a_model_the_way_to_one_is_said(user: User, tmp_path: Path, shown: Path) -> None:
    recipe = make_recipe(tmp_path / "pump", source=str(shown))
    for arguments in (
        ["score", recipe.folder, shown], ["calibrate", recipe.folder, "--false-alarms", "0.1"],
        ["watch", recipe.folder, "--headless"],
    ):  # fmt: skip
        done = goodpart(arguments, user)
        assert done.returncode == 2
        assert "there is no model yet; `goodpart train` makes it" in done.stderr


def test_a_torn_model_is_refused_with_the_reason(user: User, trained: Recipe, shown: Path) -> None:
    trained.image_bundle.write_bytes(trained.image_bundle.read_bytes()[:-100])
    for arguments in (["score", trained.folder, shown], ["watch", trained.folder, "--camera", shown, "--headless"]):
        done = goodpart(arguments, user)
        assert done.returncode == 2
        assert "the model file is torn" in done.stderr


def test_a_read_only_recipe_can_be_scored_with_but_not_trained(
    user: User, trained: Recipe, shown: Path, read_only: Callable[[Path], Path]
) -> None:
    folder = read_only(trained.folder)
    assert goodpart(["score", folder, shown / "part1001.png"], user).returncode == 0
    trained_again = goodpart(["train", folder], user)
    assert trained_again.returncode == 2
    assert "read-only" in trained_again.stderr
    assert goodpart(["teach", folder, "--images", shown], user).returncode == 2
    assert goodpart(["calibrate", folder, "--false-alarms", "0.1"], user).returncode == 2
    assert goodpart(["new", folder / "below"], user).returncode == 2
    watched = goodpart(["watch", folder, "--camera", shown, "--headless", "--for", "2"], user)
    assert watched.returncode == 0
    assert '"fault": "the journal cannot be written' in watched.stdout


def test_ctrl_c_in_training_leaves_the_old_model(user: User, trained: Recipe) -> None:
    write_parts(trained.good_images, range(100, 250))
    old = {path: path.read_bytes() for path in (trained.image_bundle, trained.toml)}
    with started(["train", trained.folder], user) as child:
        assert child.stderr
        while "pictures" not in (line := child.stderr.readline()):
            assert line, "training ended too soon"
        asked = time.monotonic()
        os.killpg(child.pid, signal.SIGINT)
        _, err = child.communicate(timeout=10)
        assert time.monotonic() - asked < 3
    assert child.returncode == 130
    assert "training was cancelled; the old model stays in use" in err
    assert "Traceback" not in err
    assert {path: path.read_bytes() for path in old} == old
    assert not list(trained.folder.glob(".*"))


def test_sigterm_ends_a_headless_watch_in_order(user: User, trained: Recipe, shown: Path) -> None:
    with started(["watch", trained.folder, "--camera", shown, "--headless"], user) as child:
        assert child.stdout
        assert json.loads(child.stdout.readline())["verdict"] in ("OK", "UNKNOWN", "ANOMALY")
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=10)
        assert child.returncode == 0
    assert err == ""
    assert all(json.loads(line) for line in out.splitlines())
    assert [event.kind for event in read_journal(trained.journal)][-1] == "stop"
    assert goodpart(["watch", trained.folder, "--camera", shown, "--line", "--for", "1"], user).returncode == 0


def test_ctrl_c_ends_a_headless_watch_with_130(user: User, trained: Recipe, shown: Path) -> None:
    with started(["watch", trained.folder, "--camera", shown, "--headless"], user) as child:
        assert child.stdout
        child.stdout.readline()
        os.killpg(child.pid, signal.SIGINT)
        _, err = child.communicate(timeout=10)
        assert child.returncode == 130
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_watch_ends_in_order_also_when_nobody_reads_it(user: User, trained: Recipe, shown: Path) -> None:
    with started(["watch", trained.folder, "--camera", shown, "--headless"], user, pipesize=4096) as child:
        assert child.stdout
        child.stdout.readline()
        time.sleep(1.5)  # until the pipe is full
        child.send_signal(signal.SIGTERM)
        assert until(lambda: child.poll() is not None, 10)
    assert [event.kind for event in read_journal(trained.journal)][-1] == "stop"


@pytest.mark.slow
def test_a_slow_reader_gets_new_verdicts_not_a_backlog(user: User, trained: Recipe, shown: Path) -> None:
    trained.change("verdict", {"rate": 100.0})
    trained.change("camera", {"fps": 100.0})
    with started(["watch", trained.folder, "--camera", shown, "--headless"], user, pipesize=4096) as child:
        assert child.stdout
        child.stdout.readline()
        time.sleep(4)  # twice as many verdicts as may wait
        times = [json.loads(child.stdout.readline())["time"] for _ in range(250)]
    assert times == sorted(times)
    assert max(later - earlier for earlier, later in pairwise(times)) > 0.5


def test_watch_without_a_terminal_tells_status_lines(user: User, trained: Recipe, shown: Path) -> None:
    done = goodpart(["watch", trained.folder, "--camera", shown, "--for", "2"], user)
    assert done.returncode == 0
    assert "this is not a terminal: status lines instead of the dashboard" in done.stderr
    assert " UNKNOWN starting" in done.stdout.splitlines()[0]


def test_a_second_station_on_a_recipe_is_refused_until_the_first_is_dead(
    user: User, trained: Recipe, shown: Path
) -> None:
    watch = ["watch", trained.folder, "--camera", shown, "--headless"]
    with started(watch, user) as child:
        assert child.stdout
        child.stdout.readline()
        second = goodpart(watch, user)
        assert second.returncode == 2
        assert "another goodpart is judging with this recipe" in second.stderr
        assert goodpart(["score", trained.folder, shown / "part1001.png"], user).returncode == 0
        calibrated = goodpart(["calibrate", trained.folder, "--false-alarms", "0.1"], user)
        assert "a station is judging with this recipe" in calibrated.stdout
        child.kill()
        child.wait()
    assert goodpart([*watch, "--for", "1"], user).returncode == 0


def test_a_demo_does_not_take_the_recipe_away_from_another(user: User, tmp_path: Path) -> None:
    env = dict(user) | {"GOODPART_DATA_HOME": str(tmp_path)}
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "half made").touch()
    lock = RecipeLock(tmp_path / "demo")
    done = goodpart(["demo", "--headless", "--for", "1"], env)
    lock.release()
    assert done.returncode == 2
    assert "another goodpart is judging with this recipe" in done.stderr
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["half made"]


@pytest.mark.slow
def test_the_demo_makes_itself_and_knows_the_truth(user: User, tmp_path: Path) -> None:
    env = dict(user) | {"GOODPART_DATA_HOME": str(tmp_path)}
    done = goodpart(["demo", "--headless", "--for", "10"], env, timeout=200)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told
    assert all(t["truth"] for t in told if "image" in t and "part" not in t)
    again = goodpart(["demo", "--line", "--for", "2"], env)
    assert again.returncode == 0
    assert again.stderr == ""
    assert "truth: " in again.stdout


def test_a_camera_that_is_not_there_is_unknown_and_says_so(user: User, trained: Recipe) -> None:
    done = goodpart(["watch", trained.folder, "--camera", "93", "--headless", "--for", "2"], user)
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told
    assert {t["verdict"] for t in told} == {"UNKNOWN"}
    assert "93" in told[-1]["reason"]


def test_devices_says_what_to_do_when_there_are_none(user: User) -> None:
    done = goodpart(["devices"], user)
    assert done.returncode == 0
    assert done.stdout.startswith("cameras:\n  ")


def test_a_bad_config_is_said_by_name(user: User, trained: Recipe, tmp_path: Path) -> None:
    script = shutil.which("script")
    if script is None:
        pytest.skip("there is no `script` here to make a terminal")
    config = tmp_path / "config.toml"
    config.write_text("[key]\nquit = 'x'\n")
    done = subprocess.run(
        [script, "-qec", f"{sys.executable} -m tui watch {trained.folder}", "/dev/null"],
        env=dict(user) | {"GOODPART_CONFIG": str(config)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert "config.toml: `key` is not a setting; did you mean `keys`?" in done.stdout
    assert "Traceback" not in done.stdout
    assert done.returncode == 2
