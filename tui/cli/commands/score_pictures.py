"""goodpart score, for pictures"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.decision.verdict import reason
from core.features.image.picture import decode_picture
from core.health.camera import CameraHealth, CameraHealthSettings
from core.inference.image_judge import ImageJudge
from core.samples import Frame
from core.serialization.verdict_json import scores_as_json
from core.state.source_status import SourceStatus


def judged_picture(judge: ImageJudge, file: Path, with_map: bool = False) -> dict[str, Any]:
    """`with_map` adds the anomaly map, rows of numbers. Raises UnreadableError, also for a picture that the station
    would not trust."""
    from core.serialization.verdict_json import unknown

    picture = decode_picture(file)
    # The same eyes as at the bench, for a single picture; a still picture is not frozen.
    health = CameraHealth(judge.taught, CameraHealthSettings(frozen_after=None))
    fault = health.check(Frame(picture, 1, 0.0), SourceStatus("live", str(file)), 0.0)
    if fault is not None:
        return unknown(str(file), "image", fault.replace("camera: ", "", 1))
    seen = judge(picture)
    drawn = {"map": [[round(float(cell), 3) for cell in row] for row in seen.map]} if with_map else {}
    return {
        "path": str(file),
        "kind": "image",
        "verdict": "ANOMALY" if seen.anomalous else "OK",
        **scores_as_json(seen, judge.thresholds),
        "reason": reason(seen.density, seen.reconstruction_error, judge.thresholds, seen.anomalous),
        **drawn,
    }
