"""Judges a picture file as the station does: decodes it, checks whether it can be trusted, scores it."""

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
    """The judgement of a picture file."""

    fault: str
    """Why the picture cannot be trusted; empty if it can."""
    judgement: ImageJudgement
    """Given even if the picture cannot be trusted."""
    thresholds: Thresholds
    """The thresholds of the judgement."""

    @property
    def state(self) -> State:
        """The verdict; UNKNOWN if the picture cannot be trusted."""
        return "UNKNOWN" if self.fault else "ANOMALY" if self.judgement.anomalous else "OK"

    @property
    def reason(self) -> str:
        """The fault, or the reason of the verdict, as text."""
        judgement = self.judgement
        return self.fault or reason(
            judgement.density, judgement.reconstruction_error, self.thresholds, judgement.anomalous
        )


def judge_picture_file(judge: ImageJudge, file: Path) -> ImageFileResult:
    """Decode and judge a picture file. Raises UnreadableError if it cannot be decoded."""
    return judge_picture(judge, decode_picture(file), file)


def judge_picture(judge: ImageJudge, picture: Picture, file: Path) -> ImageFileResult:
    """Judge a picture, uint8 (height, width, 3), that was decoded from `file`."""
    # Same health check as live, except for frozen pictures: that test makes no sense for a single file.
    health = CameraHealth(judge.taught, CameraHealthSettings(frozen_after=None))
    fault = health.check(Frame(picture, 1, 0.0), SourceStatus("live", str(file)), 0.0) or ""
    return ImageFileResult(fault.removeprefix("camera: "), judge(picture), judge.thresholds)


def picture_as_json(result: ImageFileResult, path: str, with_map: bool = False) -> Result:
    """The object of `score --json`; `with_map` adds the anomaly map as rows of numbers.

    A picture that cannot be trusted is UNKNOWN and has no scores.
    """
    if result.fault:
        return unknown(path, "image", result.fault)
    judgement = result.judgement
    rows = {"map": [[round(float(cell), 3) for cell in row] for row in judgement.map]} if with_map else {}
    return {
        "path": path,
        "kind": "image",
        "verdict": result.state,
        **scores_as_json(judgement, result.thresholds),
        "reason": result.reason,
        **rows,
    }
