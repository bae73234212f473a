"""A verdict, the thresholds and scores that it rests on, and the model that gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from core.samples import AnomalyMap


State = Literal["OK", "ANOMALY", "UNKNOWN"]


Rule = Literal["sum", "or", "max", "and", "density", "error"]
"""core/decision/rule.py says what each means."""
RULE_NAMES: tuple[Rule, ...] = get_args(Rule)


Which = Literal["density", "reconstruction_error"]


Sense = Literal["image", "sound"]


@dataclass(frozen=True)
class Verdict:
    state: State
    reason: str
    """In words, always."""


@dataclass(frozen=True)
class Thresholds:
    """What a sample's scores are compared with. `rule` says how the two are joined (core/decision/rule.py)."""

    density: float
    """Below it the density alone would alarm."""
    reconstruction_error: float
    """Above it the reconstruction error alone would alarm."""
    rule: Rule
    typical_density: float
    """The typical density of good parts (m_d of the rule `sum`)."""
    typical_error: float
    """The typical reconstruction error of good parts (m_e of the rule `sum`)."""
    density_step: float
    """The fine step of the density threshold; the coarse step is ten fine ones. Numbers are shown in its decimals."""
    error_step: float
    by: str = ""
    """By which means they were set, in words: `calibrated for 5 % false alarms`, `key`, `knob`, `recipe.toml`."""


@dataclass(frozen=True)
class ImageJudgement:
    """One judged sample of one sense."""

    number: int
    """Counts judged samples from 1."""
    density: float
    reconstruction_error: float
    anomalous: bool
    """By the rule, this sample alone (the verdict joins several)."""
    share: float
    """How much of the alarm level is used up: above 1 is anomalous, about 0 is typical."""
    score: float
    p_value: float
    map: AnomalyMap
    milliseconds: float


@dataclass(frozen=True)
class SoundJudgement:
    """One judged window of sound, its scores smoothed as the recipe asks."""

    number: int
    """Counts judged windows from 1."""
    start: float
    """Seconds since the sound began or was last interrupted."""
    end: float
    density: float
    reconstruction_error: float
    anomalous: bool
    share: float
    """How much of the alarm level is used up: above 1 is anomalous, about 0 is typical."""
    score: float
    p_value: float
    head: str
    """What of the density speaks most against the window: `modulation, 1.2-3.4 kHz`; empty for methods without."""
    milliseconds: float


@dataclass(frozen=True)
class ModelInfo:
    """What is known of the trained model in use."""

    method: str
    bundle: str
    """The bundle's short id."""
    taught: int
    """Good samples it learnt from."""
    trained_at: str
    """ISO 8601, local time."""
    backbone: str
    """`EfficientNet-Lite0`, `filter bank (no backbone)` or empty for methods without one."""
    note: str = ""
    """What the technician must know: how sure the false-alarm rate is, that the backbone is missing."""
