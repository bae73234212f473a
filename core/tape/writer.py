"""Records the samples, commands and verdicts of a station while it judges."""

from __future__ import annotations

import errno
import io
import os
import shutil
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import GoodpartError
from core.recipes.recipe import Recipe
from core.runtime.clock import Clock, SystemClock
from core.state.jobs import TapeState
from core.state.parts import Shift
from core.state.verdict import Sense, Which
from core.tape.container import MAGIC, packed

if TYPE_CHECKING:
    from core.samples import Frame, SoundBlock
    from core.state.source_status import MicrophoneStatus, SourceStatus
    from core.tape.verdict_stream import VerdictLine

MOST_WAITING = 64_000_000
"""Bytes of pictures that may wait to be written; 1.5 times as much with sound. Beyond that samples are left out and
reported as gaps."""
LEAST_WAITING = 2
"""Pictures that may wait, however large they are."""
MOST_EVENTS = 20_000
"""Events that may wait; beyond that the recording ends."""
RESERVE = 64_000_000
"""Bytes of the disk (or a twentieth of a smaller disk) that are left free for the journal."""
GAPS = "the recording has gaps: the disk or the processor cannot follow"
CLOSE_SECONDS = 5.0
"""Seconds that `close` waits for the writer."""


@dataclass(frozen=True)
class _QueuedEvent:
    kind: str
    at: float
    facts: Mapping[str, Any]
    load: Callable[[], bytes] | None
    """Makes the chunk's data on the writer's thread."""
    size: int
    """Bytes of the sample that are held in memory until then."""


class TapeWriter:
    """Writes one recording. Every method except `close` returns at once; a separate thread packs and writes.

    Events are recorded in the order in which the station's loop handles them: each sample with the status of its
    source and the time, the arrival of each judgement, each command. A replay judges them again in this order.
    """

    def __init__(self, path: Path) -> None:
        """Raises GoodpartError if the file exists already or cannot be written."""
        self.path = path
        self.clock: Clock = SystemClock()
        """The station's clock; every event is recorded with its time."""
        try:
            self._file = path.open("xb", buffering=0)
            self._file.write(MAGIC)
        except FileExistsError:
            raise GoodpartError(f"{path}: is there already; give the recording another name") from None
        except OSError as error:
            raise GoodpartError(f"{path}: cannot be written ({error.strerror or error})") from error
        self._written = len(MAGIC)
        self._checked_at = float("-inf")
        self._change = threading.Condition()
        self._waiting: deque[_QueuedEvent] = deque()
        self._waiting_bytes = self._waiting_samples = 0
        self._begun = self._closing = False
        self._lost = 0
        self._trouble = ""
        self._ended = False
        self._last: VerdictLine | None = None
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def state(self) -> TapeState:
        """The file name, megabytes written, samples lost, trouble as text, and whether the recording has ended."""
        return TapeState(self.path.name, self._written / 1e6, self._lost, self._trouble, self._ended or self._closing)

    # Called by the station, on its loop.

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Write the header and start the writer; `facts` come from core.tape.header.head_facts."""
        self._begun = True
        self.clock.read()
        wall = time.time()
        self._thread.start()
        self._put("HEAD", {**facts, "wall": wall})

    def took(self, sense: Sense, sample: Frame | SoundBlock | None, status: SourceStatus | MicrophoneStatus) -> None:
        """A step is about to judge this sample; None if the source had no new one."""
        from core.samples import Frame  # imported late: it loads NumPy, which the first paint must not wait for

        facts: dict[str, Any] = {"sense": sense, "status": dict(vars(status))}
        if sample is None:
            self._put("TOOK", facts)
            return
        facts |= {"at": sample.at, "truth": sample.truth}
        if isinstance(sample, Frame):
            picture = sample.picture
            facts |= {"number": sample.number, "height": picture.shape[0], "width": picture.shape[1]}
            self._put_sample(facts, partial(_pack_picture, picture), picture.nbytes, MOST_WAITING)
        else:
            samples = sample.samples
            facts |= {"rate": sample.rate, "broken": sample.broken, "count": len(samples)}
            self._put_sample(facts, partial(_pack_sound, samples), samples.nbytes, MOST_WAITING * 3 // 2)

    def judged(self, sense: Sense) -> None:
        """The judgement of the sample taken last has arrived at the loop."""
        self._put("JUDG", {"sense": sense})

    def model(self, sense: Sense, bundle: str, path: Path) -> None:
        """A sense uses the model with the id `bundle` from now on; its file is at `path`."""
        self._put("MODL", {"sense": sense, "id": bundle}, partial(_bundle, path, bundle))

    def refused(self, sense: Sense, words: str) -> None:
        """A sense has no usable model from now on; `words` is the reason."""
        self._put("NONE", {"sense": sense, "words": words})

    def threshold(self, sense: Sense, which: Which, value: float, by: str, how: Mapping[str, Any]) -> None:
        """A threshold was set to `value`; `by` names who set it, `how` holds details such as the knob's value."""
        facts = {"sense": sense, "which": which, "value": float(value), "by": by, "how": dict(how)}
        self._put("THRS", facts)

    def calibrated(self, sense: Sense, recipe: Recipe) -> None:
        """The thresholds of a sense were calibrated again, with the recipe's present settings."""
        from core.tape.header import settings_text

        facts = {"sense": sense, "settings": settings_text(recipe.settings), "taught": list(recipe.senses)}
        self._put("CALB", facts)

    def paused(self, paused: bool) -> None:
        """Judging was paused (true) or continued."""
        self._put("PAUS", {"paused": paused})

    def single(self, on: bool) -> None:
        """The mode was changed to single shots (true) or to continuous judging."""
        self._put("SNGL", {"on": on})

    def part(self, by: str, shift: Shift) -> None:
        """A part is in place, reported by the trigger `by`; `shift` holds the counts before it."""
        self._put("PART", {"by": by, "counts": [shift.ok, shift.anomalies, shift.unknown]})

    def publishes(self, hung: Mapping[Sense, float], *, news: bool) -> None:
        """The station is about to publish a snapshot; `hung` maps senses whose step hangs to the seconds it hangs.

        `news` is true if the cause is not a step of a sense.
        """
        self._put("PUBL", {"news": news, "hung": dict(hung)})

    def failed(self, sense: Sense, words: str) -> None:
        """A step of a sense has raised an exception; `words` is its text."""
        self._put("FAIL", {"sense": sense, "words": words})

    def knobs(self, data: bytes, now: float) -> None:
        """Bytes came from the knob board at `now` (time.monotonic())."""
        self._put("KNOB", {}, lambda: data, at=now)

    def said(self, line: VerdictLine) -> None:
        """The station has published this line of the verdict stream; a repeated line is not recorded."""
        if line != self._last:
            self._last = line
            self._put("SAID", line)

    # The queue between the station's loop and the writer.

    def _put_sample(self, facts: dict[str, Any], load: Callable[[], bytes], size: int, most: int) -> None:
        if self._waiting_samples >= LEAST_WAITING and self._waiting_bytes + size > most:
            self._lost += 1
            self._trouble = self._trouble or GAPS
            self._put("TOOK", facts | {"lost": True})
        else:
            self._put("TOOK", facts, load, size)

    def _put(
        self,
        kind: str,
        facts: Mapping[str, Any],
        load: Callable[[], bytes] | None = None,
        size: int = 0,
        at: float | None = None,
    ) -> None:
        with self._change:
            if self._ended or self._closing:
                return
            if len(self._waiting) >= MOST_EVENTS:
                self._give_up("the disk does not answer")
                return
            self._waiting.append(_QueuedEvent(kind, self.clock.now if at is None else at, facts, load, size))
            self._waiting_bytes += size
            self._waiting_samples += size > 0
            self._change.notify()

    def _give_up(self, cause: str) -> None:
        self._ended = True
        self._trouble = f"the recording was ended: {cause}; {self.path.name} is kept up to there"
        self._waiting.clear()

    # The writer's thread.

    def _run(self) -> None:
        from core.tape.verdict_stream import VerdictDigest

        digest = VerdictDigest()
        while (event := self._next_event()) is not None:
            try:
                data = event.load() if event.load else b""
                self._write(packed(event.kind, event.at, event.facts, data))
                if event.kind == "SAID":
                    digest.add(event.facts)
            except Exception as error:  # noqa: BLE001 - reported as trouble; the station continues
                cause = error.strerror if isinstance(error, OSError) else None
                self._fail(cause or f"{type(error).__name__}: {error}")
            finally:
                with self._change:
                    self._waiting_bytes -= event.size
                    self._waiting_samples -= event.size > 0
        self._finish({"said": digest.count, "sha256": digest.hex(), "trouble": self._trouble})

    def _next_event(self) -> _QueuedEvent | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closing or self._ended)
            return self._waiting.popleft() if self._waiting else None

    def _write(self, chunk: bytes) -> None:
        """Write a chunk, in one call if the system accepts it. Raises OSError."""
        now = time.monotonic()
        if now - self._checked_at > 1.0:
            self._checked_at = now
            self._require_room()
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        self._written += len(chunk)

    def _require_room(self) -> None:
        usage = shutil.disk_usage(self.path.parent)
        if usage.free < min(RESERVE, usage.total // 20):
            raise OSError(errno.ENOSPC, f"the disk is nearly full ({usage.free / 1e6:.0f} MB left)")

    def _fail(self, cause: str) -> None:
        with self._change:
            self._give_up(cause[0].lower() + cause[1:])

    def _finish(self, facts: Mapping[str, Any]) -> None:
        """Cut off an incomplete chunk and write the last event."""
        try:
            self._file.truncate(self._written)
            self._file.seek(self._written)
            last = packed("LAST", self.clock.now, facts)
            try:
                self._file.write(last)
                self._written += len(last)
            except OSError:  # the disk is full
                self._file.truncate(self._written)
            os.fsync(self._file.fileno())
        except OSError as error:
            self._trouble = self._trouble or f"{self.path.name}: {error.strerror or error}"
        finally:
            self._file.close()

    def close(self) -> None:
        """Write the waiting events and close the file; may take CLOSE_SECONDS. May be called twice."""
        with self._change:
            self._closing = True
            self._change.notify()
        if self._begun:
            self._thread.join(CLOSE_SECONDS)
        elif not self._file.closed:
            # Nothing was recorded: remove the empty file.
            self._file.close()
            self.path.unlink(missing_ok=True)


def _pack_picture(picture: Any) -> bytes:
    from core.tape.codec import pack_picture

    return pack_picture(picture)


def _pack_sound(samples: Any) -> bytes:
    from core.tape.codec import pack_sound

    return pack_sound(samples)


def _bundle(path: Path, bundle: str) -> bytes:
    """The bytes of the model's file if it still has this id, otherwise empty."""
    from core.bundle import SEAL

    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return data if archive.read(SEAL).decode("ascii", "replace")[:12] == bundle else b""
    except (OSError, zipfile.BadZipFile, LookupError):
        return b""
