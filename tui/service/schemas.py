"""What requests and answers look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from core.state.knobs import Grab
from core.state.verdict import Sense


class Error(BaseModel):
    error: str = Field(description="what is wrong, and what to do about it")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Anomaly(BaseModel):
    Anomaly: Literal[True] | Literal["No anomalies detected"]
    seconds: str | None = None
    value: float | None = None


class Analysis(BaseModel):
    Analysis: list[Anomaly]


class ThresholdsAsked(Strict):
    sense: Sense = "image"
    density: float | None = None
    reconstruction_error: float | None = None
    save: bool = Field(False, description="write them to recipe.toml as well")


class GrabAsked(Strict):
    knobs: Grab = "both"
    sense: Sense = "image"


class PauseAsked(Strict):
    paused: bool


class HealthAnswer(BaseModel):
    well: bool
    verdict: str
    reason: str


Sensitivity = Annotated[
    float | None, Query(ge=0, le=10, description="of the method amulet: 8 is as trained", allow_inf_nan=False)
]


class JournalRowAnswer(BaseModel):
    at: float = Field(description="seconds since 1970")
    kind: str
    verdict: str
    reason: str
    data: dict[str, Any]


REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "not HTTP as it should be"},
    401: {"model": Error, "description": "a token is needed"},
    403: {"model": Error, "description": "the token may only read, or the page is from elsewhere"},
    408: {"model": Error, "description": "the request came too slowly"},
    413: {"model": Error, "description": "the request is too large"},
    422: {"model": Error, "description": "what was sent cannot be used"},
    429: {"model": Error, "description": "too much at one time"},
}


UNABLE: dict[int | str, dict[str, Any]] = {409: {"model": Error, "description": "it cannot be done now"}}
