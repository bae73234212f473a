"""`goodpart devices` lists what can be heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.parts import goodpart
from tests.support.pulse import PulseServer, missing


@pytest.mark.skipif(bool(missing()), reason=missing() or "a sound server is there")
def test_microphones_are_listed_with_the_default_marked_and_their_absence_is_said(
    tmp_path: Path, user: dict[str, str]
) -> None:
    server = PulseServer(tmp_path / "pulse")
    absent = goodpart(["devices"], user | {k: server.environment[k] for k in CHANGED})
    assert "microphones:\n  none: plug one in, or start the sound server" in absent.stdout
    server.start()
    try:
        done = goodpart(["devices"], user | {k: server.environment[k] for k in CHANGED})
    finally:
        server.stop()
    assert done.returncode == 0
    assert done.stderr == ""
    listed = done.stdout.partition("microphones:\n")[2].splitlines()
    (default,) = [line for line in listed if line.endswith("(default)")]
    assert default.split(":")[0].strip().isdecimal()
    assert "channels, 44100 Hz  default" in default
    assert any("pulse" in line for line in listed)


CHANGED = ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "XDG_CONFIG_HOME")
