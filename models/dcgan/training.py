"""Trains the DCGAN in epochs of a few steps; writes a checkpoint and sample pictures after each, and can resume."""

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
"""Seconds of sound; fewer show too little variation to learn from."""
SAMPLES = (4, 4)
"""Rows and columns of the sheet of sample pictures."""
KEPT = 3
"""Checkpoints that are kept, 30 MB each."""


@dataclass(frozen=True)
class Course:
    """The settings of a training."""

    epochs: int = 700
    iterations: int = 5
    """Steps per epoch."""
    batch: int = 64
    """Pictures per step."""
    seed: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """A training after some epochs, from which it can continue."""

    course: Course
    dataset: str
    """Digest of the pictures that the networks learn from."""
    epoch: int
    """Number of finished epochs."""
    losses: list[tuple[float, float]]
    """(generator, discriminator) per epoch."""
    state: State = field(repr=False)


Told = Callable[[int, float], None]
"""Receives the number of finished epochs and the generator's loss."""


def digest(pictures: Pixels) -> str:
    """Return 16 hexadecimal digits that identify the pictures."""
    return hashlib.sha256(pictures.tobytes()).hexdigest()[:16]


def batches(count: int, course: Course, epoch: int) -> Any:
    """Return (iterations, batch) indices of the pictures of an epoch: random orders of all `count`, one after another,
    determined by seed and epoch."""
    draw = np.random.default_rng([course.seed, epoch])
    wanted = course.iterations * course.batch
    orders = [draw.permutation(count) for _ in range(-(-wanted // count))]
    return np.concatenate(orders)[:wanted].reshape(course.iterations, course.batch)


def fit(pictures: Pixels, course: Course, told: Told, folder: Path | None = None) -> Gan:
    """Train; with a folder, continue from its newest checkpoint and write one there after each epoch.

    Raises GoodpartError if there are too few pictures, the folder contains another training, a loss is not a number,
    the disk is full, or TensorFlow is not installed.
    """
    if len(pictures) < FEWEST:
        raise GoodpartError(
            f"{len(pictures)} seconds of sound are too few to learn from: training needs at least {FEWEST}"
        )
    gan = Gan(course.seed, course.batch)
    origin, losses = digest(pictures), []
    newest = newest_checkpoint(folder) if folder else None
    if newest:
        before = read_checkpoint(newest)
        if (before.dataset, asdict(before.course) | {"epochs": 0}) != (origin, asdict(course) | {"epochs": 0}):
            raise GoodpartError(
                f"{newest}: is from a training with other sound or settings; give another --output-dir, or remove it"
            )
        restore(gan, before, newest)
        losses = before.losses
    for epoch in range(len(losses), course.epochs):
        losses.append(gan.learn(pictures[batches(len(pictures), course, epoch)], epoch * course.iterations))
        if not np.isfinite(losses[-1]).all():
            raise GoodpartError(
                f"the training diverged in epoch {epoch + 1} (a loss is not a number): try another --seed"
            )
        if folder:
            write_checkpoint(folder, Checkpoint(course, origin, epoch + 1, losses, gan.state()))
            write_picture(folder / "samples" / f"epoch-{epoch + 1:04d}.png", sheet(gan.draw(16, course.seed)))
        told(epoch + 1, losses[-1][0])
    return gan


def sheet(pictures: Pixels) -> Pixels:
    """Return 16 pictures as one, in four rows of four: (4 * 20, 4 * 44, 3)."""
    rows, columns = SAMPLES
    grid = pictures.reshape(rows, columns, *pictures.shape[1:]).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * pictures.shape[1], columns * pictures.shape[2], 3)


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in the folder of a training, oldest first."""
    return sorted((folder / "checkpoints").glob("epoch-*.npz"))


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint in the folder of a training; None if there is none."""
    return next(reversed(checkpoints(folder)), None)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as one file without pickle, atomically, and delete all but the newest few.

    Raises GoodpartError.
    """
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
    """Read a checkpoint. Raises UnreadableError if it is missing, damaged or has another format."""
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
            f"{path}: is damaged or not a checkpoint of the DCGAN ({error}); use an older one"
        ) from error


def restore(gan: Gan, checkpoint: Checkpoint, path: Path) -> None:
    """Load a checkpoint's state into the networks. Raises UnreadableError, which names `path`, if it does not fit."""
    try:
        gan.restore(checkpoint.state)
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"{path}: does not fit this DCGAN ({error!r}); train again") from error


def load(path: Path) -> Gan:
    """Return the networks of a checkpoint, or of the newest one in a folder of `goodpart dcgan train`.

    Raises GoodpartError.
    """
    if path.is_dir():
        newest = newest_checkpoint(path)
        if newest is None:
            raise GoodpartError(f"{path}: there is no checkpoint here; `goodpart dcgan train` makes one")
        path = newest
    held = read_checkpoint(path)
    gan = Gan(held.course.seed, held.course.batch)
    restore(gan, held, path)
    return gan
