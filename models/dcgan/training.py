"""The DCGAN's training: epochs of a few steps, a checkpoint and sample pictures after each, resumable."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import GoodpartError, UnreadableError
from core.runtime.atomic_files import replace_file
from models.dcgan.dataset import Pixels, write_picture
from models.dcgan.networks import Gan, State

FEWEST = 10
"""Seconds of sound; fewer have no variation to speak of."""
SAMPLES = (4, 4)
KEPT = 3
"""Checkpoints: 30 MB each."""


@dataclass(frozen=True)
class Course:
    """How to learn."""

    epochs: int = 700
    iterations: int = 5
    """Steps of an epoch."""
    batch: int = 64
    seed: int = 0


@dataclass(frozen=True)
class Checkpoint:
    course: Course
    dataset: str
    """Digest of the pictures that it learnt from."""
    epoch: int
    """How many are done."""
    losses: list[tuple[float, float]]
    """By epoch: generator, discriminator."""
    state: State = field(repr=False)


Told = Callable[[int, float], None]
"""Is told the epoch that was done, and the generator's loss."""


def digest(pictures: Pixels) -> str:
    return hashlib.sha256(pictures.tobytes()).hexdigest()[:16]


def batches(count: int, course: Course, epoch: int) -> Any:
    """(iterations, batch) which pictures an epoch learns from: one random order of all after another."""
    draw = np.random.default_rng([course.seed, epoch])
    wanted = course.iterations * course.batch
    orders = [draw.permutation(count) for _ in range(-(-wanted // count))]
    return np.concatenate(orders)[:wanted].reshape(course.iterations, course.batch)


def fit(pictures: Pixels, course: Course, told: Told, folder: Path | None = None) -> Gan:
    """Learn; with a folder, from its newest checkpoint on, and leaving one there after each epoch.

    Raises GoodpartError: too few pictures, a folder with another training, a full disk, no TensorFlow.
    """
    if len(pictures) < FEWEST:
        raise GoodpartError(f"{len(pictures)} seconds of sound are too few to learn from: it takes {FEWEST} at least")
    gan = Gan(course.seed, course.batch)
    origin, losses = digest(pictures), []
    newest = newest_checkpoint(folder) if folder else None
    if newest:
        before = read_checkpoint(newest)
        if (before.dataset, asdict(before.course) | {"epochs": 0}) != (origin, asdict(course) | {"epochs": 0}):
            raise GoodpartError(
                f"{newest}: is of a training with other sound or settings; give another --output-dir, or remove it"
            )
        restore(gan, before, newest)
        losses = before.losses
    for epoch in range(len(losses), course.epochs):
        losses.append(gan.learn(pictures[batches(len(pictures), course, epoch)], epoch * course.iterations))
        if not np.isfinite(losses[-1]).all():
            raise GoodpartError(
                f"the training came apart in epoch {epoch + 1} (a loss is not a number): another --seed"
            )
        if folder:
            write_checkpoint(folder, Checkpoint(course, origin, epoch + 1, losses, gan.state()))
            write_picture(folder / "samples" / f"epoch-{epoch + 1:04d}.png", sheet(gan.draw(16, course.seed)))
        told(epoch + 1, losses[-1][0])
    return gan


def sheet(pictures: Pixels) -> Pixels:
    """Pictures in rows of four, (4 * 20, 4 * 44, 3)."""
    rows, columns = SAMPLES
    grid = pictures.reshape(rows, columns, *pictures.shape[1:]).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * pictures.shape[1], columns * pictures.shape[2], 3)


def checkpoints(folder: Path) -> list[Path]:
    return sorted((folder / "checkpoints").glob("epoch-*.npz"))


def newest_checkpoint(folder: Path) -> Path | None:
    return next(reversed(checkpoints(folder)), None)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """One file without pickle, in one step; older ones beyond the newest few go. Raises GoodpartError."""
    about = {
        "course": asdict(checkpoint.course),
        "dataset": checkpoint.dataset,
        "epoch": checkpoint.epoch,
        "losses": checkpoint.losses,
    }
    buffer = io.BytesIO()
    held: dict[str, Any] = {"about": np.array(json.dumps(about)), **checkpoint.state}
    np.savez(buffer, **held)
    replace_file(folder / "checkpoints" / f"epoch-{checkpoint.epoch:04d}.npz", buffer.getvalue())
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> Checkpoint:
    """Raises UnreadableError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            about = json.loads(str(held["about"]))
            state = {name: held[name] for name in held.files if name != "about"}
        losses = [(float(generator), float(discriminator)) for generator, discriminator in about["losses"]]
        return Checkpoint(Course(**about["course"]), str(about["dataset"]), int(about["epoch"]), losses, state)
    except FileNotFoundError:
        raise UnreadableError(f"{path}: there is no such checkpoint; `goodpart dcgan train` makes one") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableError(
            f"{path}: is torn or not a checkpoint of the DCGAN ({error}); use an older one"
        ) from error


def restore(gan: Gan, checkpoint: Checkpoint, path: Path) -> None:
    """Raises UnreadableError."""
    try:
        gan.restore(checkpoint.state)
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"{path}: is not of this DCGAN ({error!r}); train again") from error


def load(path: Path) -> Gan:
    """The networks of a checkpoint, or of the newest in a folder of `goodpart dcgan train`. Raises GoodpartError."""
    if path.is_dir():
        newest = newest_checkpoint(path)
        if newest is None:
            raise GoodpartError(f"{path}: there is no checkpoint here; `goodpart dcgan train` makes one")
        path = newest
    held = read_checkpoint(path)
    gan = Gan(held.course.seed, held.course.batch)
    restore(gan, held, path)
    return gan
