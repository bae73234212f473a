"""goodpart serve: AMULET's call, files to judge, commands, the end."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from core.journal.store import read_journal
from core.recipes.recipe import Recipe, open_recipe
from core.sources.simulated.motor import RATE, Unit, sound_of
from tests.support.data import data_folder
from tests.support.parts import good_part, goodpart, odd_part, until, write_parts
from tests.support.served import Served, curl, serving, start, unhurried
from tui.service.request_gate import is_loopback

User = Mapping[str, str]
MULTIPART = ("-H", "Content-Type: multipart/form-data; boundary=x")


@pytest.fixture(scope="module")
def bench(trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that judges drawn parts from a folder of good ones."""
    folder = tmp_path_factory.mktemp("bench")
    shutil.copytree(trained_once, folder / "pump")
    write_parts(folder / "shown", range(1000, 1012))
    with serving(unhurried(folder / "pump"), user, "--port", "0", "--camera", folder / "shown") as served:
        yield served


@pytest.fixture(scope="module")
def ear(heard_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose recipe has learnt simulated motors."""
    folder = tmp_path_factory.mktemp("ear") / "motor"
    shutil.copytree(heard_once, folder)
    with serving(unhurried(folder), user, "--port", "0", "--microphone", "simulated") as served:
        yield served


@pytest.fixture(scope="module")
def amulets(trained_once: Path, user: User, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with AMULET's published model."""
    model = data_folder("sound/amulet/new_test")
    folder = tmp_path_factory.mktemp("amulets") / "pump"
    shutil.copytree(trained_once, folder)
    with serving(unhurried(folder), user, "--port", "0", "--amulet", model) as served:
        yield served


@pytest.fixture
def good_wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "good.wav", sound_of(Unit(500, 500), 6.0), RATE)
    return tmp_path / "good.wav"


@pytest.fixture
def bad_wav(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).normal(0, 0.2, 6 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "bad.wav", noise, RATE)
    return tmp_path / "bad.wav"


# AMULET's call.


def test_amulets_users_get_amulets_answer(amulets: Served) -> None:
    """curl, its published model and its published recording: the seven windows that it found."""
    model = data_folder("sound/amulet/new_test")
    wav = data_folder("sound/amulet/wav") / "test_from_5.0s.wav"
    status, said = curl("-X", "POST", "-F", f"data_file=@{wav}", f"{amulets.url}/submit")
    assert status == 200
    # Its first group of ten rows; those that fill no group AMULET never judged.
    found = [row for row in said["Analysis"] if float(row["seconds"].split("-")[0]) < 0.95]
    # As its own service wrote it down; its file began 5 s earlier.
    golden = json.loads((model.parent / "expected_output.json").read_text())["Analysis"]
    wanted = {row["filename"]: row["value"] for row in golden if 5.0 <= float(row["filename"].split("-")[0]) < 6.0}
    assert len(found) == len(wanted) == 7
    for row in found:
        start, end = (float(part) + 5.0 for part in row["seconds"].split("-"))
        assert row["Anomaly"] is True
        assert row["value"] == pytest.approx(wanted[f"{start:.1f}-{end:.1f}"], rel=1e-2)
        assert row["value"] == round(row["value"], 4)


def test_a_good_recording_has_no_anomalies(ear: Served, good_wav: Path) -> None:
    status, said = curl("-F", f"data_file=@{good_wav}", f"{ear.url}/submit")
    assert (status, said) == (200, {"Analysis": [{"Anomaly": "No anomalies detected"}]})


def test_another_sound_has(ear: Served, bad_wav: Path) -> None:
    status, said = curl("-F", f"data_file=@{bad_wav}", f"{ear.url}/submit")
    assert status == 200
    assert all(set(row) == {"Anomaly", "seconds", "value"} and row["Anomaly"] is True for row in said["Analysis"])


def test_silence_is_not_called_good(ear: Served, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(3 * RATE, np.float32), RATE)
    status, said = curl("-F", f"data_file=@{tmp_path / 'silent.wav'}", f"{ear.url}/submit")
    assert status == 422 or said["Analysis"][0]["Anomaly"] is True
    assert status == 200 or "silent" in said["error"]


def test_what_is_no_recording_is_refused_in_words(ear: Served, tmp_path: Path) -> None:
    files = {
        "empty.wav": b"",
        "text.wav": b"hello, this is no sound\n" * 20,
        "torn.wav": b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0",
        "short.wav": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    soundfile.write(tmp_path / "short.wav", np.zeros(RATE // 20), RATE)
    words = {
        "empty.wav": "is empty (0 bytes)",
        "text.wav": "not a sound file that can be decoded",
        "torn.wav": "not a sound file that can be decoded",
        "short.wav": "shorter than a window",
    }
    for name, wanted in words.items():
        status, said = curl("-F", f"data_file=@{tmp_path / name}", f"{ear.url}/submit")
        assert (status, wanted in said["error"]) == (422, True), (name, said)
        assert said["error"].startswith(f"{name}: ")
        assert "goodpart-" not in said["error"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("-F", "data_file=some text"), 422, "data_file is text: send the file itself"),
        (("-F", "other=@/dev/null"), 422, "the file is missing"),
        (("-d", "data_file=x"), 422, "data_file is text: send the file itself"),
        (("-d", "other=x"), 422, "as multipart/form-data"),
        (("-X", "POST"), 422, "the file is missing"),
        (("-X", "POST", *MULTIPART, "--data-binary", "nonsense"), 400, ""),
        (("-X", "GET"), 405, "Method Not Allowed"),
    ],
)
def test_a_call_that_is_none_is_refused_in_words(
    ear: Served, arguments: tuple[str, ...], status: int, words: str
) -> None:
    got, said = curl(*arguments, f"{ear.url}/submit")
    assert got == status
    assert words in said["error"]


def test_a_recipe_without_sound_says_so(bench: Served, good_wav: Path) -> None:
    status, said = curl("-F", f"data_file=@{good_wav}", f"{bench.url}/submit")
    assert (status, "has learnt no sound" in said["error"]) == (409, True)


# Files to judge.


def test_judging_says_what_score_says(bench: Served, user: User, tmp_path: Path) -> None:
    recipe = Path(bench.process.args[4])  # type: ignore[index]
    for name, picture in (("good", good_part(77)), ("odd", odd_part(77))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
        status, said = curl("-F", f"data_file=@{tmp_path / name}.png", f"{bench.url}/judge?map=1")
        drawn = said.pop("map")
        wanted = json.loads(goodpart(["score", recipe, "--json", tmp_path / f"{name}.png"], user).stdout)
        assert (status, said) == (200, wanted | {"path": f"{name}.png"})
        assert (len(drawn), len(drawn[0])) == (14, 14)
        assert said["verdict"] == ("OK" if name == "good" else "ANOMALY")


def test_of_sound_every_window_comes(ear: Served, user: User, bad_wav: Path) -> None:
    recipe = Path(ear.process.args[4])  # type: ignore[index]
    status, said = curl("-F", f"data_file=@{bad_wav}", f"{ear.url}/judge")
    wanted = json.loads(goodpart(["score", recipe, "--json", bad_wav], user).stdout)
    limit, method = said.pop("window_threshold"), said.pop("method")
    assert (status, said, method) == (200, wanted | {"path": "bad.wav"}, "spectrum")
    assert all(window["anomaly"] == (window["score"] > limit) for window in said["windows"])


def test_no_path_of_a_client_is_opened(bench: Served, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "x.png"), good_part(1))
    status, said = curl("-F", f"data_file=@{tmp_path / 'x.png'};filename=../../etc/passwd", f"{bench.url}/judge")
    assert (status, said["path"]) == (200, "passwd")
    assert curl("--path-as-is", f"{bench.url}/page/../../run.py")[0] == 404


def test_sensitivity_is_for_amulet_alone(ear: Served, good_wav: Path) -> None:
    status, said = curl("-F", f"data_file=@{good_wav}", f"{ear.url}/judge?sensitivity=5")
    assert (status, "method amulet" in said["error"]) == (422, True)


def test_sensitivity_moves_amulets_threshold(amulets: Served) -> None:
    wav = data_folder("sound/amulet/wav") / "test_from_5.0s.wav"
    limits = {}
    for sensitivity in (0, 8, 10):
        status, said = curl("-F", f"data_file=@{wav}", f"{amulets.url}/judge?sensitivity={sensitivity}")
        assert status == 200
        limits[sensitivity] = said["window_threshold"]
    assert limits == pytest.approx({0: 0.6451 * 3.4, 8: 0.6451, 10: 0.6451 * 0.4})


# Looking and commanding.


def test_it_is_well_while_it_judges(bench: Served) -> None:
    assert until(lambda: bench.get("/health")[0] == 200)
    assert bench.get("/health")[1]["well"] is True


def test_a_service_without_a_model_is_not_well(tmp_path: Path, user: User) -> None:
    goodpart(["new", tmp_path / "bare"], user)
    with serving(tmp_path / "bare", user, "--port", "0", "--camera", "simulated") as served:
        status, said = served.get("/health")
        assert (status, said["well"], said["verdict"]) == (503, False, "UNKNOWN")
        assert until(lambda: "train" in served.get("/health")[1]["reason"]), served.get("/health")


def test_commands_are_done_and_journalled_with_who_sent_them(trained: Recipe, user: User) -> None:
    with serving(trained.folder, user, "--port", "0", "--camera", "simulated") as served:
        served.until(lambda now: now["image"]["thresholds"] is not None)
        who = {"X-Goodpart-Who": "ana@desk"}
        status, said = served.post("/thresholds", {"density": -7.25, "save": True}, **who)
        assert (status, said["thresholds"]["density"]) == (200, -7.25)
        assert served.post("/pause", {"paused": True}, **who) == (200, {"done": True})
        assert served.get("/snapshot")[1]["snapshot"]["paused"] is True
        assert served.post("/pause", {"paused": False}, **who)[0] == 200
        assert served.post("/command/calibrate", {}, **who) == (202, {"accepted": "calibrate"})
        served.until(lambda now: now["image"]["thresholds"]["density"] != -7.25)
        status, said = served.post("/grab", {}, **who)
        assert (status, "there are no knobs" in said["error"]) == (409, True)
        assert until(lambda: len(served.get("/journal?kind=command")[1]) == 6)
        told = served.get("/journal?kind=command")[1]
    assert [row["data"]["command"] for row in told] == [
        "set_threshold", "save_thresholds", "pause", "pause", "calibrate", "grab",
    ]  # fmt: skip
    assert {row["data"]["who"] for row in told} == {"ana@desk (127.0.0.1)"}
    set_by = next(event.reason for event in read_journal(trained.journal) if event.kind == "threshold")
    assert set_by == "service, ana@desk (127.0.0.1)"
    assert open_recipe(str(trained.folder)).settings.image.thresholds.density == -7.25


def test_a_part_is_judged_on_a_word(trained: Recipe, user: User) -> None:
    with serving(trained.folder, user, "--port", "0", "--camera", "simulated") as served:
        served.until(lambda now: now["image"]["judged"] is not None)
        status, said = served.post("/trigger", {})
        assert (status, "judged continuously" in said["error"]) == (409, True)
        assert served.post("/command/single", {"on": True})[0] == 202
        served.until(lambda now: now["shot"] is not None)
        status, said = served.post("/trigger", {}, **{"X-Goodpart-Who": "robot 7"})
        assert (status, said["part"]["number"]) == (200, 1)
        assert said["part"]["verdict"]["state"] in ("OK", "ANOMALY")
        assert said["part"]["by"] == "service, robot 7 (127.0.0.1)"
        # That no part is in place is no trouble.
        assert served.get("/health")[0] == 200


@pytest.mark.parametrize(
    ("path", "said", "status", "words"),
    [
        ("/thresholds", {}, 422, "give density"),
        ("/thresholds", {"density": "low"}, 422, "density"),
        ("/thresholds", {"sense": "sound", "density": 1.0}, 409, "no thresholds of sound"),
        ("/thresholds", {"dnesity": 1.0}, 422, "dnesity"),
        ("/pause", {"paused": "perhaps"}, 422, "paused"),
        ("/command/explode", {}, 404, "is no command"),
        ("/command/start", {}, 404, "is no command"),
        ("/command/stop", {}, 404, "is no command"),
        ("/command/pause", {}, 422, "needs paused"),
        ("/command/pause", {"paused": 1}, 422, "paused: 1 is not bool"),
        ("/command/train", {"now": True}, 422, "takes nothing"),
        ("/command/train", {"name": "pause"}, 422, "takes nothing"),
    ],
)
def test_a_command_that_cannot_be_is_refused_in_words(
    bench: Served, path: str, said: Any, status: int, words: str
) -> None:
    got, answer = bench.post(path, said)
    assert (got, words in answer["error"]) == (status, True), answer


def test_prometheus_reads_how_it_stands(bench: Served) -> None:
    _, text = bench.get("/metrics")
    assert 'goodpart_judged_total{sense="image"}' in text
    assert 'goodpart_verdict{state="OK"}' in text
    assert "process_resident_memory_bytes" in text


def test_its_calls_are_described(bench: Served) -> None:
    _, said = bench.get("/openapi.json")
    assert set(said["paths"]) == {
        "/health", "/snapshot", "/journal", "/metrics", "/submit", "/judge", "/thresholds", "/grab", "/pause",
        "/trigger", "/command/{name}",
    }  # fmt: skip


# Who may.


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.example.com", "127.0.0.1.example.com"])
def test_an_address_that_others_reach_needs_tokens(trained: Recipe, user: User, host: str) -> None:
    done = goodpart(["serve", trained.folder, "--host", host], user)
    assert (done.returncode, "can be reached from other machines" in done.stderr) == (2, True)


def test_addresses_of_this_machine_are_known() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost", "Localhost"):
        assert is_loopback(host)
    for host in ("", "192.168.1.7", "fe80::1", "127", "127.1.2.3.4", "localhost.example.com"):
        assert not is_loopback(host)


def test_one_token_reads_the_other_changes(trained: Recipe, user: User, tmp_path: Path) -> None:
    import tomllib

    file = tmp_path / "tokens"
    with serving(trained.folder, user, "--port", "0", "--token-file", file, "--camera", "simulated") as served:
        assert file.stat().st_mode & 0o777 == 0o600
        tokens = tomllib.loads(file.read_text())
        assert served.get("/snapshot")[0] == 401
        assert served.get("/snapshot", tokens["read"][:-1])[0] == 401
        assert served.get("/snapshot", tokens["read"])[0] == 200
        assert served.get("/snapshot", tokens["change"])[0] == 200
        assert served.post("/pause", {"paused": True}, tokens["read"])[0] == 403
        assert served.post("/pause", {"paused": True})[0] == 401
        assert served.post("/pause", {"paused": True}, tokens["change"])[0] == 200
        assert served.get("/")[0] == 200
    file.chmod(0o644)
    done = goodpart(["serve", trained.folder, "--token-file", file], user)
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)


def test_a_page_from_elsewhere_may_not(bench: Served) -> None:
    assert bench.post("/pause", {"paused": True}, Origin="http://evil.example")[0] == 403
    assert bench.post("/pause", {"paused": True}, Host="evil.example")[0] == 403
    # What a form can send without being asked for.
    assert bench.post("/pause", {"paused": True}, **{"Content-Type": "text/plain"})[0] == 422
    assert bench.get("/snapshot")[1]["snapshot"]["paused"] is False


# The end.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_within_two_seconds(trained: Recipe, user: User, number: int) -> None:
    served = start(trained.folder, user, "--port", "0", "--camera", "simulated")
    served.until(lambda now: now["image"]["judged"] is not None)
    served.post("/pause", {"paused": True})
    code, seconds = served.end(number)
    assert code == (0 if number == signal.SIGTERM else 130)
    assert seconds < 5  # two on a machine that does nothing else
    assert served.process.communicate()[1] == ""
    kinds = [event.kind for event in read_journal(trained.journal)]
    assert (kinds[-1], kinds.count("command")) == ("stop", 1)


def test_a_port_that_is_taken_is_told(bench: Served, trained: Recipe, user: User) -> None:
    done = goodpart(["serve", trained.folder, "--port", bench.url.rpartition(":")[2]], user)
    assert (done.returncode, "give another --port" in done.stderr) == (2, True)


def test_one_station_a_recipe(bench: Served, user: User) -> None:
    done = goodpart(["serve", bench.process.args[4], "--port", "0"], user)  # type: ignore[index]
    assert (done.returncode, "another goodpart is judging with this recipe" in done.stderr) == (2, True)
