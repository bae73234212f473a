"""A private sound server with a sink that has no loudspeaker; the sink's monitor is the microphone of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

NEEDED = ("pulseaudio", "paplay", "pactl")


def missing() -> str:
    """Return why the server cannot run here; empty if it can."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    try:
        import sounddevice  # noqa: F401 - whether it finds PortAudio
    except OSError:
        return "PortAudio is not installed"
    return ""


class PulseServer:
    """A sound server; processes started with its `environment` use it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        runtime = home / "run"
        runtime.mkdir(mode=0o700)
        (home / ".asoundrc").write_text('pcm.!default { type pulse device "bench.monitor" }\n')
        (home / ".config" / "pulse").mkdir(parents=True)
        self.environment = dict(os.environ) | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PULSE_RUNTIME_PATH": str(runtime / "pulse"),
            "XDG_CONFIG_HOME": str(home / ".config"),
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError after 10 s."""
        # In the foreground, so that it is a child of this process and ends with it.
        self._server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
             "-L", "module-native-protocol-unix", "-L", "module-null-sink sink_name=bench", "-L", "module-always-sink"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 10
        while time.monotonic() < until:
            asked = subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, check=False)
            if asked.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("the sound server does not answer")

    def kill(self) -> None:
        """Kill the server, as if the microphone was unplugged."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def play(self, sound: Path) -> None:
        """Start to play a wav file, in addition to those that still play."""
        self._players.append(
            subprocess.Popen(["paplay", "--device=bench", str(sound)], env=self.environment, stderr=subprocess.DEVNULL)
        )

    def hush(self) -> None:
        """End all playback."""
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def stop(self) -> None:
        """End all playback and the server."""
        self.hush()
        self.kill()
