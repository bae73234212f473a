"""Schemas of requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from core.state.knobs import Grab
from core.state.verdict import Sense


class Error(BaseModel):
    """Every error."""

    error: str = Field(description="the cause, and what to do about it")


class Strict(BaseModel):
    """A request body without unknown fields, conversions or non-finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Anomaly(BaseModel):
    """One row of AMULET's answer: an anomaly, or that there is none."""

    Anomaly: Literal[True] | Literal["No anomalies detected"]
    seconds: str | None = None
    value: float | None = None


class Analysis(BaseModel):
    """AMULET's answer to POST /submit."""

    Analysis: list[Anomaly]


class ThresholdsAsked(Strict):
    """The body of POST /thresholds."""

    sense: Sense = "image"
    density: float | None = None
    reconstruction_error: float | None = None
    save: bool = Field(False, description="write them to recipe.toml as well")


class GrabAsked(Strict):
    """The body of POST /grab."""

    knobs: Grab = "both"
    sense: Sense = "image"


class PauseAsked(Strict):
    """The body of POST /pause."""

    paused: bool


class HealthAnswer(BaseModel):
    """The answer of GET /health."""

    well: bool
    verdict: str
    reason: str


Sensitivity = Annotated[
    float | None,
    Query(ge=0, le=10, description="sensitivity of the method amulet: 8 is as trained", allow_inf_nan=False),
]


class JournalRowAnswer(BaseModel):
    """One row of GET /journal."""

    at: float = Field(description="seconds since 1970")
    kind: str
    verdict: str
    reason: str
    data: dict[str, Any]


REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "invalid HTTP"},
    401: {"model": Error, "description": "a token is needed"},
    403: {"model": Error, "description": "the token may only read, or the page belongs to another site"},
    408: {"model": Error, "description": "the request arrived too slowly"},
    413: {"model": Error, "description": "the request is too large"},
    422: {"model": Error, "description": "the content of the request cannot be used"},
    429: {"model": Error, "description": "too many requests at one time"},
}


UNABLE: dict[int | str, dict[str, Any]] = {409: {"model": Error, "description": "the command is impossible now"}}
