"""The microphone through PortAudio: a real sound server, whose sink's monitor is what is heard."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core.errors import GoodpartError
from core.recipes.recipe import Recipe, new_recipe
from core.sources.microphone.base import SoundSettings
from core.sources.microphone.portaudio import FoundMicrophone, MicrophoneLost, channels_of, find
from core.sources.microphone_address import open_microphone
from tests.support.data import data_folder
from tests.support.parts import ROOT, goodpart, learn_in_process, until
from tests.support.pulse import PulseServer, missing

needs_server = pytest.mark.skipif(bool(missing()), reason=missing() or "a sound server is there")

HEAR = """
import json, sys, time
import numpy as np
from core.sources.microphone.portaudio import Microphone
from core.sources.microphone.base import SoundSettings
source = Microphone(sys.argv[1], SoundSettings(rate=int(sys.argv[2]) or None, channel=json.loads(sys.argv[3])))
source.start()
while True:
    stretch, status = source.take(0.1), source.status()
    said = dict(at=time.time(), state=status.state, message=status.message, note=status.note, rate=status.rate,
                channels=status.channels, reconnects=status.reconnects)
    if stretch is not None:
        spectrum = np.abs(np.fft.rfft(stretch.samples))
        said |= dict(rms=float(np.sqrt(np.mean(stretch.samples ** 2))), broken=stretch.broken,
                     hertz=float(spectrum.argmax() * stretch.rate / len(stretch.samples)))
    print(json.dumps(said), flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PulseServer]:
    server = PulseServer(tmp_path / "pulse")
    server.start()
    yield server
    server.stop()


class Listener:
    """A process that says what it hears, line by line."""

    def __init__(self, command: list[str], server: PulseServer) -> None:
        environment = server.environment | {"PYTHONPATH": str(ROOT)}
        self.lines: list[dict[str, Any]] = []
        self._child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def waits_for(self, met: Callable[[dict[str, Any]], bool], seconds: float = 20.0) -> dict[str, Any] | None:
        """The first line from now on of which it is true."""
        assert self._child.stdout
        end = time.time() + seconds
        while time.time() < end:
            line = self._child.stdout.readline()
            if not line:
                return None
            said = json.loads(line)
            self.lines.append(said)
            if met(said):
                return said
        return None

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        assert self._child.stdout
        self._child.stdout.close()


@contextmanager
def listening(command: list[str], server: PulseServer) -> Iterator[Listener]:
    listener = Listener(command, server)
    try:
        yield listener
    finally:
        listener.end()


def hear(device: str = "default", rate: int = 0, channel: int | None = None) -> list[str]:
    return [sys.executable, "-c", HEAR, device, str(rate), json.dumps(channel)]


def tone(path: Path, hertz: float = 440.0, seconds: float = 5.0) -> Path:
    """Only on the left channel, at a peak of 0.5."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 44100)) / 44100)
    soundfile.write(path, np.stack([wave, np.zeros_like(wave)], axis=1), 44100, "FLOAT")
    return path


@needs_server
def test_a_tone_is_heard_at_its_pitch_and_level_and_the_server_may_die_and_come_back(
    server: PulseServer, tmp_path: Path
) -> None:
    with listening(hear(channel=0), server) as listener:
        assert listener.waits_for(lambda said: said["state"] == "live")
        server.play(tone(tmp_path / "tone.wav"))
        loud = listener.waits_for(lambda said: abs(said.get("rms", 0) - 0.3536) < 0.003)
        assert loud is not None
        assert abs(loud["hertz"] - 440) < 25
        server.hush()
        server.kill()
        killed = time.time()
        lost = listener.waits_for(lambda said: said["state"] == "lost")
        assert lost is not None
        assert lost["at"] - killed < 2.0
        assert "microphone default" in lost["message"]
        server.start()
        assert listener.waits_for(lambda said: said["state"] == "live")
        again = listener.waits_for(lambda said: "rms" in said)
        assert again is not None
        assert again["reconnects"] == 1
        server.play(tone(tmp_path / "tone.wav", 880.0))
        loud = listener.waits_for(lambda said: abs(said.get("rms", 0) - 0.3536) < 0.003)
        assert loud is not None
        assert abs(loud["hertz"] - 880) < 25


@needs_server
def test_the_mean_of_all_channels_and_another_rate_are_heard(server: PulseServer, tmp_path: Path) -> None:
    with listening(hear(rate=16000), server) as listener:
        live = listener.waits_for(lambda said: said["state"] == "live")
        assert live is not None
        assert (live["rate"], live["channels"]) == (16000, 2)
        server.play(tone(tmp_path / "tone.wav"))
        assert listener.waits_for(lambda said: abs(said.get("rms", 0) - 0.3536 / 2) < 0.003)
        # Its right channel is silent, which the mean of both hides.
        assert listener.waits_for(lambda said: "channel 1 (counted from 0) is dead" in said["note"])


@needs_server
def test_a_device_that_is_not_there_is_said_and_waited_for(server: PulseServer) -> None:
    with listening(hear("no such device"), server) as listener:
        lost = listener.waits_for(lambda said: said["state"] == "lost")
        assert lost is not None
        assert (
            "no such device: there is no such microphone (goodpart devices lists them); trying again" in lost["message"]
        )


@pytest.mark.slow
@needs_server
def test_a_worn_motor_is_called_live_and_a_dead_server_is_never_ok(
    server: PulseServer, tmp_path: Path, user: dict[str, str]
) -> None:
    """The whole way, with real motors: taught from files, played to the sink, heard by the station."""
    data = data_folder("sound/bldc_motor")
    recipe = real_recipe(tmp_path, user, data)
    command = [sys.executable, "-m", "tui", "watch", str(recipe.folder), "--headless", "--microphone", "default"]
    with listening(command, server) as station:
        server.play(data / "good" / "M1_1750.wav")
        assert station.waits_for(lambda said: said["verdict"] == "OK")
        server.hush()
        server.play(data / "defect_bearing" / "M4_1850.wav")
        began = time.time()
        called = station.waits_for(lambda said: said["verdict"] == "ANOMALY")
        assert called is not None
        assert called["time"] - began < 3.0
        server.kill()
        killed = time.time()
        lost = station.waits_for(lambda said: said["verdict"] == "UNKNOWN")
        assert lost is not None
        assert lost["time"] - killed < 1.0
        assert "microphone default" in lost["reason"]
        server.start()
        server.play(data / "good" / "M1_1750.wav")
        assert station.waits_for(lambda said: said["verdict"] == "OK", 25.0)
        after = station.lines[station.lines.index(lost) :]
        assert after[-1]["verdict"] == "OK"
        assert {said["verdict"] for said in after[:-1]} == {"UNKNOWN"}


def real_recipe(folder: Path, user: dict[str, str], data: Path) -> Recipe:
    recipe = new_recipe(str(folder / "motor"))
    taught = goodpart(["teach", recipe.folder, "--sound", data / "good"], user)
    assert taught.returncode == 0, taught.stderr
    done = learn_in_process(recipe.folder, user)
    assert done.returncode == 0, done.stdout
    return recipe


class Devices:
    """sounddevice, as far as the search for a device needs it."""

    PortAudioError = RuntimeError

    def __init__(self, *devices: tuple[str, int]) -> None:
        self._devices = [
            {"name": name, "max_input_channels": channels, "default_samplerate": 48000.0} for name, channels in devices
        ]
        self.default = type("Default", (), {"device": (1, 0)})()

    def query_devices(self) -> list[dict[str, Any]]:
        return self._devices


def test_a_device_is_found_by_name_by_index_and_as_the_default() -> None:
    devices = Devices(("Speaker", 0), ("USB Audio: Mic", 1), ("Interface", 8))
    assert find(devices, "default") == FoundMicrophone(1, "USB Audio: Mic", 1, 48000, True)
    assert find(devices, "2").name == "Interface"
    assert find(devices, "usb audio").index == 1
    for address in ("0", "7", "nothing"):
        with pytest.raises(MicrophoneLost, match="no such microphone"):
            find(devices, address)
    with pytest.raises(MicrophoneLost, match="plug one in"):
        find(Devices(("Speaker", 0)), "default")


def test_all_channels_are_heard_but_those_that_servers_make_up() -> None:
    assert channels_of(FoundMicrophone(0, "interface", 8, 48000, True), None) == 8
    assert channels_of(FoundMicrophone(0, "pulse", 32, 44100, True), None) == 2
    assert channels_of(FoundMicrophone(0, "interface", 8, 48000, True), 5) == 8
    assert channels_of(FoundMicrophone(0, "pulse", 32, 44100, True), 5) == 6
    with pytest.raises(MicrophoneLost, match="has 2 channels, number 2"):
        channels_of(FoundMicrophone(0, "stereo", 2, 48000, True), 2)


def test_addresses_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GoodpartError, match="no such file"):
        open_microphone(str(tmp_path / "none.wav"), SoundSettings())
    with pytest.raises(GoodpartError, match="give a device name"):
        open_microphone(" ", SoundSettings())


def test_without_portaudio_one_sentence_names_the_package_and_the_rest_works(
    user: dict[str, str], tmp_path: Path, heard: Recipe
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    environment = user | {"PYTHONPATH": f"{hidden}:{user['PYTHONPATH']}"}
    listed = goodpart(["devices"], environment)
    assert listed.returncode == 0
    assert "the PortAudio library is missing: install libportaudio2" in listed.stdout
    watched = goodpart(["watch", heard.folder, "--microphone", "default", "--headless", "--for", "2"], environment)
    assert watched.returncode == 0
    assert "install libportaudio2" in watched.stdout
    simulated = goodpart(["watch", heard.folder, "--headless", "--for", "4"], environment)
    assert '"verdict": "OK"' in simulated.stdout


def test_it_stops_while_the_device_is_missing() -> None:
    source = open_microphone("no device has this name", SoundSettings())
    source.start()
    assert until(lambda: source.status().state == "lost")
    source.stop()
    assert source.status().state == "stopped"
    assert source.take(5.0) is None
