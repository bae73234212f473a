"""One frozen snapshot carries everything that a screen, the line mode or the journal may show of the station."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from core.detectors.image.base import Map
    from core.state.source_status import MicrophoneStatus, SourceStatus

State = Literal["OK", "ANOMALY", "UNKNOWN"]
Rule = Literal["sum", "or", "max", "and", "density", "error"]
Which = Literal["density", "reconstruction_error"]
Sense = Literal["image", "sound"]
Grab = Literal["density", "reconstruction_error", "both"]
KnobState = Literal["absent", "connecting", "live", "legacy", "stale", "lost"]
ShotState = Literal["waiting", "judging", "judged"]
Word = Literal["good", "bad"]
WAITING = "waiting for a part"
"""How the verdict's reason begins in single shots while nothing else is wrong."""


@dataclass(frozen=True)
class Verdict:
    state: State
    reason: str
    """In words, always."""


@dataclass(frozen=True)
class Thresholds:
    """What a sample's scores are compared with. `rule` says how the two are joined (core/decision/verdict.py)."""

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
class Judgement:
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
    map: Map
    milliseconds: float


@dataclass(frozen=True)
class Heard:
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
class Model:
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


@dataclass(frozen=True)
class Counters:
    judged: int = 0
    ok: int = 0
    anomalies: int = 0
    """Samples whose verdict was ANOMALY."""
    unknown: int = 0
    called: int = 0
    """Times that the verdict turned to ANOMALY."""
    dropped: int = 0
    """Frames that came and were not judged because a newer one was there."""


@dataclass(frozen=True)
class Training:
    """How far a training run is. `state` tells which of the other fields mean something."""

    state: Literal["running", "done", "failed", "cancelled"]
    phase: str = ""
    """`pictures`, `density`, `autoencoder`, `folds`, `calibration`, `writing` ..., a word to show."""
    step: int = 0
    of: int = 0
    """0 while unknown."""
    loss: float | None = None
    validation_loss: float | None = None
    seconds_left: float | None = None
    curve: tuple[tuple[float, float | None], ...] = ()
    """Loss and validation loss so far, for methods that learn by steps of descent; evenly thinned out when long."""
    message: str = ""
    """When done: what was learnt, in a sentence. When failed: why, in a sentence."""


@dataclass(frozen=True)
class Preview:
    """The last judged picture, small and grey: rows of 0..255."""

    width: int
    height: int
    grey: bytes


@dataclass(frozen=True)
class Level:
    """How loud it is, in dB of full scale: a sine as loud as it can be has a peak of 0 and an RMS of -3."""

    rms: float
    """Of the newest 0.1 s."""
    peak: float
    hold: float
    """The highest peak of the last seconds."""
    clipped: bool
    """Samples stood at full scale in the last seconds."""


@dataclass(frozen=True)
class Recording:
    """Good sound that is being recorded into the recipe."""

    seconds: float
    file: str
    note: str = ""
    """What is wrong with it, in words: it clips, it is silent."""
    defect: bool = False
    """Put aside, only ever to test with."""


@dataclass(frozen=True)
class Held:
    """What the recipe holds of one sense."""

    good: int = 0
    """Pictures or recordings to learn from."""
    defect: int = 0
    """Only ever to test with."""
    recent: tuple[Preview, ...] = ()
    """The newest good pictures, the newest last; empty for sound."""
    seconds: float = 0.0
    """Of all good recordings together."""
    recent_defect: tuple[Preview, ...] = ()
    """The newest defective pictures, the newest last; empty for sound."""


@dataclass(frozen=True)
class Meters:
    """Light and sharpness of the picture that is seen, beside what the model in use was taught."""

    brightness: float
    """Mean grey level, 0..255."""
    saturated: float
    """Share of white pixels."""
    sharpness: float
    taught_brightness: tuple[float, float] | None = None
    taught_sharpness: float | None = None
    """The least that is usual."""


@dataclass(frozen=True)
class Taping:
    """Everything that is perceived is being recorded, to be judged again."""

    file: str
    megabytes: float
    lost: int = 0
    """Pictures and stretches of sound that are missing in it."""
    trouble: str = ""
    """In words; it stays."""
    over: bool = False
    """Nothing is recorded any more."""


@dataclass(frozen=True)
class Collecting:
    """Pictures that are being stored into the recipe."""

    stored: int
    wanted: int | None
    """None until it is ended."""
    file: str = ""
    """The newest."""
    note: str = ""
    """Why nothing is stored just now, or what would make them better, in words."""
    defect: bool = False
    """Put aside, only ever to test with."""
    per_second: float | None = None
    """How many were stored a second of late; None while that cannot be told."""


@dataclass(frozen=True)
class Hearing:
    """The station's ear at one moment."""

    microphone: MicrophoneStatus
    verdict: Verdict
    """By sound alone."""
    level: Level | None = None
    window: Heard | None = None
    """The newest judged window; None before the first, and while the microphone cannot be trusted."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    model: Model | None = None
    new_model: Model | None = None
    judged: int = 0
    """Windows."""
    anomalies: int = 0
    """Windows whose verdict was ANOMALY."""
    spectrum: tuple[float, ...] = ()
    """What the newest 0.1 s sounds like: dB by band from low to high."""
    recording: Recording | None = None
    recorded: str = ""
    """What became of the last recording, in a sentence."""
    held: Held | None = None
    """What the recipe holds of sound; None until it was looked at."""
    truth: str | None = None


@dataclass(frozen=True)
class Knob:
    """A potentiometer of the board on the desk."""

    value: float
    """As it was sent: 0..4095, or 0..0.4095 of the reconstruction-error knob."""
    position: float
    """In counts of a full turn of 4095."""
    at: float
    """time.monotonic() when it came."""
    moved_at: float
    sequence: int | None = None
    """Of the line; None of an old board."""


@dataclass(frozen=True)
class KnobMeaning:
    """What a knob's position would be as a threshold."""

    sense: Sense
    which: Which
    threshold: float | None
    """None where the knob says nothing, or something beyond its span."""
    span: tuple[float, float] | None
    """Thresholds at the ends of a full turn; None where the knob's number itself is the threshold."""
    range: str
    """`span` or `raw`, as in recipe.toml."""
    around: bool
    """The span lies around the calibrated threshold, recipe.toml names none."""


@dataclass(frozen=True)
class KnobLink:
    """The link to the knobs at one moment."""

    state: KnobState
    port: str
    message: str = ""
    """In words, when it is not live: what is wrong, what the technician can do."""
    version: int = 0
    """Of the protocol; 0 for bare lines."""
    firmware: str = ""
    density: Knob | None = None
    reconstruction_error: Knob | None = None
    crc_errors: int = 0
    noise: int = 0
    """Lines that mean nothing: boot text, noise."""
    reconnects: int = 0
    grabs: int = 0
    """Times that thresholds were taken from them since the station began."""
    answered: int | None = None
    """Sequence number of the last verdict that the board has answered."""
    answered_at: float | None = None
    """time.monotonic()"""
    meanings: tuple[KnobMeaning, ...] = ()

    def knob(self, which: Which) -> Knob | None:
        return self.density if which == "density" else self.reconstruction_error


@dataclass(frozen=True)
class Part:
    """A part that was judged and counted."""

    number: int
    """Counts the parts of a shift from 1."""
    at: float
    """time.time() of its verdict; the journal's row has the same."""
    verdict: Verdict
    by: str
    """Who said that it is in place: `key`, `line`, `knob`, `file`; `exchange` where parts are judged continuously."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Of each sense, as in the command line's contract: `image`, `sound`."""


@dataclass(frozen=True)
class Shot:
    """The single-shot mode at one moment."""

    state: ShotState
    pictures: int = 0
    """Gathered of the part."""
    of_pictures: int = 0
    seconds: float = 0.0
    """Of sound."""
    of_seconds: float = 0.0


@dataclass(frozen=True)
class Shift:
    """What was counted since a shift began."""

    since: float
    """time.time()"""
    ok: int = 0
    anomalies: int = 0
    unknown: int = 0

    @property
    def parts(self) -> int:
        return self.ok + self.anomalies + self.unknown

    @property
    def share_ok(self) -> float | None:
        """The yield: OK of all parts that were counted; UNKNOWN counts as not OK. None before the first part."""
        return self.ok / self.parts if self.parts else None


@dataclass(frozen=True)
class Call:
    """The last OK or ANOMALY: the operator may say that it was right or wrong."""

    at: float
    """time.time(); the journal's row has the same."""
    verdict: Verdict
    part: int | None = None
    """Its number, where it was one of single shots."""
    word: Word | None = None
    """What the operator said of the part."""
    offered: tuple[str, ...] = ()
    """Files that were therefore put aside as teaching material, in the recipe's folder."""


@dataclass(frozen=True)
class Offered:
    """A picture that is offered as teaching material."""

    file: str
    """In the recipe's folder."""
    good: bool
    """Of a good part, or of a defective one."""
    preview: Preview


@dataclass(frozen=True)
class Offers:
    """Teaching material from the operator's words that nobody has accepted or discarded yet: files."""

    good_images: int = 0
    defect_images: int = 0
    good_sound: int = 0
    defect_sound: int = 0
    told: str = ""
    """What became of those that were accepted or discarded last, in a sentence."""
    recent: tuple[Offered, ...] = ()
    """The newest pictures of either kind, the newest last."""

    @property
    def count(self) -> int:
        return self.good_images + self.defect_images + self.good_sound + self.defect_sound


@dataclass(frozen=True)
class Snapshot:
    """The station at one moment."""

    number: int
    """Counts snapshots; a subscriber that is slow misses some."""
    at: float
    """time.time()"""
    recipe: str
    verdict: Verdict
    """The worse of picture and sound, where both are judged."""
    camera: SourceStatus | None = None
    """None where the recipe is for sound alone."""
    sound: Hearing | None = None
    """None where the recipe is for pictures alone."""
    knobs: KnobLink | None = None
    """None where no port is named."""
    image_verdict: Verdict | None = None
    """By pictures alone; None without a camera."""
    image: Judgement | None = None
    """The newest judged sample; None before the first, and after the camera went."""
    thresholds: Thresholds | None = None
    unsaved: bool = False
    """Thresholds were changed and are not in recipe.toml."""
    model: Model | None = None
    counters: Counters = field(default_factory=Counters)
    votes: str = ""
    """The smoothing made visible: `A` anomalous, `.` normal, `-` not yet, oldest first, such as `..A`."""
    hold: int = 1
    """How many of the votes must agree."""
    paused: bool = False
    training: Training | None = None
    new_model: Model | None = None
    """A model that has been trained and waits to be taken over."""
    preview: Preview | None = None
    held: Held | None = None
    """What the recipe holds of pictures; None until it was looked at."""
    meters: Meters | None = None
    collecting: Collecting | None = None
    collected: str = ""
    """What became of the last pictures that were stored, in a sentence."""
    truth: str | None = None
    shot: Shot | None = None
    """None while parts are judged continuously."""
    shift: Shift = field(default_factory=lambda: Shift(0.0))
    part: Part | None = None
    """The last that was counted since the station began."""
    call: Call | None = None
    """The last OK or ANOMALY since the station began."""
    offers: Offers = field(default_factory=Offers)
    false_alarms: float | None = None
    """The share of good parts that may be called, by all senses together, as asked of the last calibration."""
    taping: Taping | None = None
    fault: str = ""
    """What the station itself suffers from, in words (the journal's disk is full)."""
    refusals: int = 0
    """Times that something could not be done since the station began: the words of `fault` may be the same again."""
    stopped: bool = False
    """The last snapshot of a station that has ended."""


def truth_of(snapshot: Snapshot) -> str | None:
    """What the simulated bench shows and lets hear: the fault, where there is one."""
    said = [snapshot.truth, snapshot.sound.truth if snapshot.sound else None]
    told = [truth for truth in said if truth is not None]
    return next((truth for truth in told if truth != "good"), told[0] if told else None)


def waiting_model(snapshot: Snapshot) -> bool:
    """Whether a newly trained model waits to be taken over."""
    return snapshot.new_model is not None or (snapshot.sound is not None and snapshot.sound.new_model is not None)
