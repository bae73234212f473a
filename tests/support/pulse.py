"""A sound server of our own, with a sink that plays to nobody and whose monitor is a microphone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

NEEDED = ("pulseaudio", "paplay", "pactl")


def missing() -> str:
    """Why there can be no server here, in words; empty when there can."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    try:
        import sounddevice  # noqa: F401 - whether it finds PortAudio
    except OSError:
        return "PortAudio is not installed"
    return ""


class PulseServer:
    """`environment` is for processes that shall hear it."""

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
        # In the foreground, so that it is our child and ends with us.
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
        """As if the microphone was pulled."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def play(self, sound: Path) -> None:
        """Begin to play a wav file; what was played before goes on."""
        self._players.append(
            subprocess.Popen(["paplay", "--device=bench", str(sound)], env=self.environment, stderr=subprocess.DEVNULL)
        )

    def hush(self) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def stop(self) -> None:
        self.hush()
        self.kill()
