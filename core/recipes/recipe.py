"""A part number: its folder and its typed recipe.toml."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import GoodpartError
from core.settings.schema import between, from_table, one_of, section, setting, to_toml
from core.state.snapshot import Rule, Sense, Thresholds, Which

RULES: tuple[Rule, ...] = ("sum", "or", "max", "and", "density", "error")
IMAGE_METHODS = ("features", "seed")
SOUND_METHODS = ("spectrum", "amulet")
LEAST_RATE, MOST_RATE = 0.0001, 0.5
"""Of false alarms."""
MODES = ("continuous", "single")
ASIDE = ".tmp"


def _region(value: tuple[float, float, float, float]) -> str | None:
    x, y, w, h = value
    fits = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1.000001 and y + h <= 1.000001
    return None if fits else "must be [x, y, width, height] as fractions that stay within the picture"


@dataclass(frozen=True)
class CameraTable:
    source: str = setting(
        "0", 'index ("0"), video file, folder of pictures, rtsp:// or http:// address, or "simulated"'
    )
    width: int = setting(1920, "asked of the camera, in pixels", between(16, 16384))
    height: int = setting(1080, "asked of the camera, in pixels", between(16, 16384))
    fps: float = setting(30.0, "asked of the camera; also the rate of a folder of pictures", between(0.1, 1000))
    loop: bool = setting(True, "a video file or a folder starts again at its end")
    region: tuple[float, float, float, float] = setting(
        (0.0, 0.0, 1.0, 1.0), "region of interest: x, y, width, height as fractions of the picture", _region
    )
    seed: int = setting(0, "which parts the simulated bench shows", between(0, 2**31 - 1))
    always: bool = setting(False, "look even before pictures were taught")


@dataclass(frozen=True)
class ThresholdTable:
    density: float | None = setting(None, "below it the density alone would alarm")
    reconstruction_error: float | None = setting(None, "above it the reconstruction error alone would alarm")
    model: str | None = setting(None, "the model that they belong to; with another one its own thresholds are used")
    by: str | None = setting(None, "by which means they were set")


def _span(value: tuple[float, float] | None) -> str | None:
    usable = value is None or (value[0] < value[1] and math.isfinite(value[1] - value[0]))
    return None if usable else "must be [low, high], the lower one first"


@dataclass(frozen=True)
class KnobTable:
    range: str = setting(
        "span",
        '"span": a full turn covers `span`; "raw": the number that the knob sends is the threshold',
        one_of("span", "raw"),
    )
    span: tuple[float, float] | None = setting(
        None, "[low, high] thresholds at its ends; without it around the calibrated threshold", _span
    )


@dataclass(frozen=True)
class KnobTables:
    density: KnobTable = section(KnobTable, "the knob of the density threshold")
    reconstruction_error: KnobTable = section(KnobTable, "the knob of the reconstruction-error threshold")


@dataclass(frozen=True)
class KnobsTable:
    port: str = setting(
        "", 'serial port of the board with the knobs: "/dev/ttyUSB0", "COM12", "simulated"; "" for none'
    )


@dataclass(frozen=True)
class ImageTable:
    method: str = setting("features", "features or seed", one_of(*IMAGE_METHODS))
    rule: str = setting(
        "default",
        "how density and reconstruction error are joined: default (the method's own), " + ", ".join(RULES),
        one_of("default", *RULES),
    )
    thresholds: ThresholdTable = section(ThresholdTable, "written by goodpart (key s, goodpart calibrate)")
    knobs: KnobTables = section(KnobTables, "what the knobs mean for pictures")


@dataclass(frozen=True)
class MicrophoneTable:
    source: str = setting("default", 'device name or index, "default", a wav, flac or ogg file, or "simulated"')
    rate: int | None = setting(None, "samples a second asked of it; without it the device's own", between(1000, 768000))
    channel: int | None = setting(None, "counted from 0; without it the mean of all channels", between(0, 255))
    loop: bool = setting(True, "a file starts again at its end")
    fast: bool = setting(False, "a file is heard as fast as it can be judged instead of in real time")
    seed: int = setting(0, "of the simulated motor", between(0, 2**31 - 1))
    always: bool = setting(False, "listen even before sound was taught")


@dataclass(frozen=True)
class SoundTable:
    method: str = setting("spectrum", "spectrum or amulet", one_of(*SOUND_METHODS))
    rule: str = setting(
        "default",
        "how density and reconstruction error are joined: default (the method's own), " + ", ".join(RULES),
        one_of("default", *RULES),
    )
    level: bool = setting(False, "how loud it is counts too: only where microphone and gain never change")
    smooth: float = setting(2.0, "seconds over which the scores are averaged; 0 judges each window", between(0, 60))
    thresholds: ThresholdTable = section(ThresholdTable, "written by goodpart (key s, goodpart calibrate)")
    knobs: KnobTables = section(KnobTables, "what the knobs mean for sound")


@dataclass(frozen=True)
class VerdictTable:
    false_alarms: float = setting(
        0.05,
        "share of good parts that may be called ANOMALY, by pictures and sound together",
        between(LEAST_RATE, MOST_RATE),
    )
    rate: float = setting(10.0, "pictures judged a second, at most", between(0.1, 100))
    hold: int = setting(2, "so many of the last pictures must agree before the verdict follows", between(1, 100))
    of: int = setting(3, "of how many last pictures", between(1, 100))
    settle: bool = setting(True, "start voting anew when the picture changes at once (another part was put in)")
    mode: str = setting(
        "continuous",
        '"continuous", or "single": a part is judged when somebody says that it is in place',
        one_of(*MODES),
    )
    frames: int = setting(5, "in single: so many pictures of a part make its verdict", between(1, 1000))
    seconds: float = setting(3.0, "in single: and so many seconds of sound", between(1.2, 600))


@dataclass(frozen=True)
class TriggerTable:
    file: str = setting(
        "",
        "in single: a part is in place when this file appears or changes; it is never removed here."
        " A path, from the recipe's folder",
    )
    delay: float = setting(
        0.2, "in single: seconds from the word that a part is in place to the first picture that counts", between(0, 60)
    )


@dataclass(frozen=True)
class JournalTable:
    keep_pictures: int = setting(200, "pictures of anomalies that are kept; the oldest go first", between(0, 1_000_000))
    keep_sounds: int = setting(
        200, "sounds of anomalies that are kept, 5 s each, with the scores of the 30 s before", between(0, 1_000_000)
    )
    keep_megabytes: float = setting(
        100.0, "and the size together, of the pictures and of the sounds each", between(0, 1_000_000)
    )


@dataclass(frozen=True)
class Settings:
    """What recipe.toml says."""

    camera: CameraTable = section(CameraTable, "where pictures come from")
    image: ImageTable = section(ImageTable, "how pictures are judged")
    microphone: MicrophoneTable = section(MicrophoneTable, "where sound comes from")
    sound: SoundTable = section(SoundTable, "how sound is judged")
    knobs: KnobsTable = section(KnobsTable, "the board with the two knobs")
    verdict: VerdictTable = section(VerdictTable, "from judged pictures and sound to the verdict")
    trigger: TriggerTable = section(TriggerTable, "what says that a part is in place, beside key, line and knobs")
    journal: JournalTable = section(JournalTable, "what is kept beside the journal")


@dataclass(frozen=True)
class Recipe:
    """A recipe's folder and what its recipe.toml said when it was read."""

    folder: Path
    settings: Settings

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def toml(self) -> Path:
        return self.folder / "recipe.toml"

    @property
    def good_images(self) -> Path:
        return self.good("image")

    @property
    def defect_images(self) -> Path:
        return self.material("image", defect=True)

    @property
    def good_sound(self) -> Path:
        return self.good("sound")

    @property
    def defect_sound(self) -> Path:
        return self.material("sound", defect=True)

    @property
    def image_bundle(self) -> Path:
        return self.folder / "image.goodpart"

    @property
    def sound_bundle(self) -> Path:
        return self.folder / "sound.goodpart"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def anomalies(self) -> Path:
        return self.folder / "anomalies"

    def good(self, sense: Sense) -> Path:
        """Where good pictures or recordings are."""
        return self.material(sense, defect=False)

    def material(self, sense: Sense, *, defect: bool) -> Path:
        """Where pictures or recordings are: good ones to learn from, or defective ones only ever to test with."""
        return self.folder / ("defect" if defect else "good") / ("images" if sense == "image" else "sound")

    def bundle(self, sense: Sense) -> Path:
        return self.image_bundle if sense == "image" else self.sound_bundle

    def candidate(self, sense: Sense) -> Path:
        """A bundle that the station trained and nobody has taken over yet."""
        return self.folder / f"{sense}.candidate.goodpart"

    def table(self, sense: Sense) -> ImageTable | SoundTable:
        return self.settings.image if sense == "image" else self.settings.sound

    @property
    def senses(self) -> tuple[Sense, ...]:
        """What was taught or learnt: pictures, sound or both. Where nothing was yet, it is to be pictures."""
        senses: tuple[Sense, ...] = ("image", "sound")
        return tuple(sense for sense in senses if self.holds(sense)) or ("image",)

    def holds(self, sense: Sense) -> bool:
        """Whether it was taught or learnt by this sense."""
        return self.bundle(sense).exists() or self.holds_good(sense)

    def holds_good(self, sense: Sense) -> bool:
        """Whether there is good material to learn from."""
        return _holds_files(self.good(sense))

    def perceived(self, camera: bool = False, microphone: bool = False) -> tuple[Sense, ...]:
        """What a station with this recipe perceives: what was taught, and what was named for it. Where nothing was
        taught and only a microphone is named, it is to be sound."""
        sound = self.holds("sound") or microphone or self.settings.microphone.always
        image = self.holds("image") or camera or self.settings.camera.always or not sound
        return (*(("image",) if image else ()), *(("sound",) if sound else ()))

    @property
    def false_alarms(self) -> float:
        """What each sense may spend of the false-alarm budget: they share it."""
        return self.settings.verdict.false_alarms / len(self.senses)

    def asking(self, false_alarms: float) -> Recipe:
        """The same recipe with another false-alarm target. Raises GoodpartError for one that cannot be."""
        if not LEAST_RATE <= false_alarms <= MOST_RATE:
            raise GoodpartError(f"the false-alarm target must lie between {LEAST_RATE:g} and {MOST_RATE:g}")
        verdict = replace(self.settings.verdict, false_alarms=false_alarms)
        return replace(self, settings=replace(self.settings, verdict=verdict))

    def save_thresholds(self, thresholds: Thresholds, model: str, sense: Sense = "image") -> None:
        """Write the thresholds that belong to a sense's model `model` into recipe.toml, its comments kept."""
        values = {
            "density": thresholds.density,
            "reconstruction_error": thresholds.reconstruction_error,
            "model": model,
            "by": thresholds.by,
        }
        self.change(sense, {"thresholds": values})

    def save_knob(self, sense: Sense, which: Which, table: KnobTable) -> None:
        """Write what a knob means into recipe.toml. Raises GoodpartError."""
        span = list(table.span) if table.span else None
        self.change(sense, {"knobs": {which: {"range": table.range, "span": span}}})

    def change(self, section_name: str, values: Mapping[str, Any]) -> None:
        """Change settings in recipe.toml, comments kept, in one atomic step; None takes one out.

        Raises GoodpartError where the file cannot be written.
        """
        import tomlkit  # not needed for watching

        try:
            document = tomlkit.parse(self.toml.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, tomlkit.exceptions.TOMLKitError) as error:
            raise GoodpartError(f"{self.toml}: cannot be read ({error})") from error
        _merge(document.setdefault(section_name, tomlkit.table()), values)
        replace_file(self.toml, tomlkit.dumps(document).encode())


def _holds_files(folder: Path) -> bool:
    try:
        return any(not entry.name.startswith(".") for entry in folder.iterdir())
    except OSError:
        return False


def _merge(table: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            if key not in table:
                table[key] = {}
            _merge(table[key], value)
        elif value is not None:
            table[key] = value
        elif key in table:
            del table[key]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file beside its place, flush it to the disk and rename it: it is the old or the new, never torn.

    Raises GoodpartError with the reason (read-only, disk full).
    """
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-", suffix=ASIDE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            Path(aside).chmod(mode)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        raise GoodpartError(
            f"{path}: cannot be written ({error.strerror or error}); what was there before is still there"
        ) from error


def remove_begun(folder: Path, process: int) -> None:
    """Take away what `replace_file` had begun in a process that was ended."""
    for aside in folder.glob(f".*.{process}-*{ASIDE}"):
        with contextlib.suppress(OSError):
            aside.unlink()


def user_recipes() -> Path:
    """Where recipes are kept that are given by name alone."""
    data = os.environ.get("GOODPART_DATA_HOME")
    if data:
        return Path(data)
    import platformdirs

    return Path(platformdirs.user_data_dir("goodpart", appauthor=False)) / "recipes"


def recipe_folder(recipe: str) -> Path:
    """The folder that the word on the command line means: a path, a folder that is here, or a name."""
    if not recipe.strip():
        raise GoodpartError("which recipe? give a folder or a name")
    try:
        path = Path(recipe).expanduser()
    except RuntimeError:  # ~nobody
        path = Path(recipe)
    # Asked of the text: to Path, `./pump` and `pump/` are `pump`.
    here = any(mark in recipe for mark in (os.sep, os.altsep or os.sep)) or recipe in {".", ".."}
    if here or path.is_absolute() or (path / "recipe.toml").is_file():
        return path.resolve()
    return user_recipes() / recipe


def open_recipe(recipe: str) -> Recipe:
    """Raises GoodpartError where there is none, or its recipe.toml says what it cannot."""
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    try:
        # Windows editors put a mark before the text (utf-8-sig).
        table = tomllib.loads(toml.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise GoodpartError(
            f"{folder}: there is no recipe here (no recipe.toml); `goodpart new {recipe}` makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoodpartError(f"{toml}: cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:  # also numbers and nesting beyond Python's limits
        raise GoodpartError(f"{toml}: is not valid TOML: {error}") from error
    settings = from_table(Settings, table, str(toml))
    if settings.verdict.hold > settings.verdict.of:
        raise GoodpartError(
            f"{toml}: verdict: `hold` is {settings.verdict.hold} but must be at most `of` ({settings.verdict.of})"
        )
    return Recipe(folder, settings)


def new_recipe(recipe: str, settings: Settings | None = None) -> Recipe:
    """Make the folder and a commented recipe.toml. Raises GoodpartError where a recipe is already."""
    folder = recipe_folder(recipe)
    toml = folder / "recipe.toml"
    if toml.exists():
        raise GoodpartError(f"{folder}: there is a recipe here already; nothing was changed")
    made = Recipe(folder, settings or Settings())
    try:
        for place in (made.good_images, made.good_sound, made.defect_images, made.defect_sound):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be made ({error.strerror or error})") from error
    head = f"# Recipe {made.name!a} of goodpart. Lines that begin with # are comments.\n"
    replace_file(toml, (head + to_toml(Settings, made.settings)).encode())
    return made
