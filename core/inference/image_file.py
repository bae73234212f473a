"""A picture file judged as the station would judge it: decoded, looked at for what is not to be trusted, compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.decision.verdict import reason
from core.features.image.picture import decode_picture
from core.health.camera import CameraHealth, CameraHealthSettings
from core.inference.image_judge import ImageJudge
from core.samples import Frame, Picture
from core.serialization.verdict_json import Result, scores_as_json, unknown
from core.state.source_status import SourceStatus
from core.state.verdict import ImageJudgement, State, Thresholds


@dataclass(frozen=True)
class ImageFileResult:
    """What is said of a picture file."""

    fault: str
    """Why the picture cannot be trusted; empty if it can."""
    judgement: ImageJudgement
    """There all the same if the picture cannot be trusted."""
    thresholds: Thresholds
    """What the judgement is compared with."""

    @property
    def state(self) -> State:
        return "UNKNOWN" if self.fault else "ANOMALY" if self.judgement.anomalous else "OK"

    @property
    def reason(self) -> str:
        seen = self.judgement
        return self.fault or reason(seen.density, seen.reconstruction_error, self.thresholds, seen.anomalous)


def judge_picture_file(judge: ImageJudge, file: Path) -> ImageFileResult:
    """Raises UnreadableError if the file cannot be decoded."""
    return judge_picture(judge, decode_picture(file), file)


def judge_picture(judge: ImageJudge, picture: Picture, file: Path) -> ImageFileResult:
    """The picture that was decoded from a file."""
    # A still picture is not frozen.
    health = CameraHealth(judge.taught, CameraHealthSettings(frozen_after=None))
    fault = health.check(Frame(picture, 1, 0.0), SourceStatus("live", str(file)), 0.0) or ""
    return ImageFileResult(fault.removeprefix("camera: "), judge(picture), judge.thresholds)


def picture_as_json(result: ImageFileResult, path: str, with_map: bool = False) -> Result:
    """The object of the command line's contract; `with_map` adds the anomaly map, rows of numbers. A picture that
    cannot be trusted is UNKNOWN and has no scores."""
    if result.fault:
        return unknown(path, "image", result.fault)
    seen = result.judgement
    drawn = {"map": [[round(float(cell), 3) for cell in row] for row in seen.map]} if with_map else {}
    return {
        "path": path,
        "kind": "image",
        "verdict": result.state,
        **scores_as_json(seen, result.thresholds),
        "reason": result.reason,
        **drawn,
    }
