"""The verdict, its scores and thresholds, and facts about the model behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from core.samples import AnomalyMap


State = Literal["OK", "ANOMALY", "UNKNOWN"]


Rule = Literal["sum", "or", "max", "and", "density", "error"]
"""The alarm rules, defined in core/decision/rule.py."""
RULE_NAMES: tuple[Rule, ...] = get_args(Rule)


Which = Literal["density", "reconstruction_error"]


Sense = Literal["image", "sound"]


@dataclass(frozen=True)
class Verdict:
    """The decision about a part, a sample or a stream."""

    state: State
    reason: str
    """Text for the operator, never empty."""


@dataclass(frozen=True)
class Thresholds:
    """The thresholds for the two scores of a sample. `rule` combines the two scores (core/decision/rule.py)."""

    density: float
    """A lower density alone would raise an alarm."""
    reconstruction_error: float
    """A higher reconstruction error alone would raise an alarm."""
    rule: Rule
    typical_density: float
    """The typical density of good parts (m_d of the rule `sum`)."""
    typical_error: float
    """The typical reconstruction error of good parts (m_e of the rule `sum`)."""
    density_step: float
    """The fine step of the density threshold; a coarse step is ten fine ones. Densities are shown with as many decimals
    as this step has."""
    error_step: float
    """The same for the reconstruction error."""
    by: str = ""
    """How the thresholds were set: `calibrated for 5 % false alarms`, `key`, `knob`, `recipe.toml`."""


@dataclass(frozen=True)
class ImageJudgement:
    """The result for one picture."""

    number: int
    """Counts judged samples from 1."""
    density: float
    reconstruction_error: float
    anomalous: bool
    """The result of the alarm rule for this sample alone (the verdict combines several samples)."""
    share: float
    """Share of the alarm level: above 1 is anomalous, about 0 is typical."""
    score: float
    """-log10 of the p-value, continued beyond the held-out scores (core/decision/verdict.py)."""
    p_value: float
    map: AnomalyMap
    milliseconds: float
    """Time that judging took."""


@dataclass(frozen=True)
class SoundJudgement:
    """The result for one window of sound. The scores are averaged over the recipe's `smooth` seconds."""

    number: int
    """Counts judged windows from 1."""
    start: float
    """Start of the window, in seconds since the sound began or was last interrupted."""
    end: float
    """End of the window, on the same clock."""
    density: float
    reconstruction_error: float
    anomalous: bool
    share: float
    """Share of the alarm level: above 1 is anomalous, about 0 is typical."""
    score: float
    """-log10 of the p-value, continued beyond the held-out scores (core/decision/verdict.py)."""
    p_value: float
    head: str
    """The part of the density that is most anomalous, for example `modulation, 1.2-3.4 kHz`; empty if the method has
    only one."""
    milliseconds: float
    """Time that judging took."""


@dataclass(frozen=True)
class ModelInfo:
    """Facts about a trained model."""

    method: str
    bundle: str
    """The short id of the bundle."""
    taught: int
    """Number of good samples that it was trained on."""
    trained_at: str
    """ISO 8601, local time."""
    backbone: str
    """`EfficientNet-Lite0` or `filter bank (no backbone)`; empty for methods without a backbone."""
    note: str = ""
    """What the technician must know: how certain the false-alarm rate is, whether the backbone is missing."""
