"""The simulated bench: pump bodies under a microscope, one after another, some faulty, with known truth."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from core.errors import GoodpartError
from core.samples import Frame, Picture
from core.sources.camera.base import CameraSettings
from core.sources.simulated.pump.faults import FAULTS, Fault
from core.sources.simulated.pump.render import PumpPart, draw_part, view_of
from core.sources.simulated.schedule import PART_SECONDS, TEACHING_SECONDS, Clamped, next_exchange
from core.state.source_status import SourceState, SourceStatus

ADDRESS = "simulated"
FASTEST = 15.0
"""Frames per second, as such a microscope gives at full size."""
SMALLEST = (160, 120)
"""Pixels: least width and height of a picture."""

SHOWN_SPREAD = 0.85
"""Factor on how much views differ: parts on the bench vary a little less than taught ones (1.0), because people move
the part between shots when they teach."""
CLEAR = (0.6, 1.0)
"""Severities of the faults on the bench."""
_MARGIN = 64


def shown_parts(seed: int) -> Iterator[PumpPart]:
    """The endless series of parts on the bench: one or two good ones, then a faulty one. Every fault comes once per
    round, in random order, never twice in a row; the first part is good."""
    rng = np.random.default_rng([seed & 0xFFFFFFFF, 1])
    number = 0
    last: Fault | None = None
    while True:
        order = [FAULTS[int(index)] for index in rng.permutation(len(FAULTS))]
        if order[0] == last:
            order.append(order.pop(0))
        for fault in order:
            for _ in range(int(rng.integers(1, 3))):
                yield PumpPart(seed, number)
                number += 1
            yield PumpPart(seed, number, fault, float(rng.uniform(*CLEAR)))
            number += 1
        last = order[-1]


def good_pictures(count: int, seed: int = 0, width: int = 1280, height: int = 960) -> Iterator[Picture]:
    """One frame each of `count` different good parts to teach: uint8 (height, width, 3), BGR. These parts
    are never on the bench, with any seed."""
    sensor = Sensor(width, height)
    for number in range(count):
        part = PumpPart(seed, number, series="taught")
        yield sensor.frame(draw_part(part, view_of(part), width, height), part.generator(5))


def faulty_picture(
    fault: Fault, severity: float = 1.0, part_seed: int = 0, width: int = 1280, height: int = 960
) -> Picture:
    """A frame of a part with a fault: uint8 (height, width, 3), BGR. Severity 0 gives the same part without a fault."""
    part = PumpPart(part_seed, 0, fault if severity > 0 else None, severity)
    picture = draw_part(part, view_of(part, SHOWN_SPREAD), width, height)
    return Sensor(width, height).frame(picture, part.generator(5))


class Sensor:
    """Makes two frames of the same part differ: vibration, flicker of the light, sensor noise."""

    def __init__(self, width: int, height: int) -> None:
        rng = np.random.default_rng(11)
        shape = (height + _MARGIN, width + _MARGIN)
        self._noise = np.empty((*shape, 3), np.uint8)
        for top in range(0, shape[0], _MARGIN):
            rows = self._noise[top : top + _MARGIN]
            grey = rng.standard_normal((*rows.shape[:2], 1), np.float32)
            noise = _ZERO + 1.7 * grey + 1.6 * rng.standard_normal(rows.shape, np.float32)
            # The camera's own processing blurs the noise a little.
            rows[:] = np.round(cv2.GaussianBlur(noise, (3, 3), 0.5))

    def frame(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """A new frame of `picture` (of the sensor's size); about 2 ms at 1280x960."""
        height, width = picture.shape[:2]
        shift = float(rng.uniform(0.02, 0.4))
        frame = np.empty_like(picture)
        frame[-1], frame[:, -1] = picture[-1], picture[:, -1]
        here, there = (slice(None, -1), slice(1, None))[:: int(rng.choice([-1, 1]))]
        cv2.addWeighted(picture[:-1, here], 1 - shift, picture[1:, there], shift, 0, dst=frame[:-1, :-1])
        top, left = (int(n) for n in rng.integers(0, _MARGIN, 2))
        noise = self._noise[top : top + height, left : left + width]
        flicker = 1 + float(rng.uniform(-0.01, 0.01))
        return np.asarray(cv2.addWeighted(frame, flicker, noise, 1.0, -_ZERO, dst=frame), np.uint8)


_ZERO = 64.0
"""Grey level that means zero noise, because the noise is stored unsigned."""


class SimulatedBench:
    """A PictureSource that draws its pictures. Every frame's `truth` is `good` or the name of the fault.

    It shows the parts of `shown_parts(settings.seed)` for `seconds_per_part` each and draws the next one meanwhile on
    a second thread.
    """

    def __init__(self, settings: CameraSettings, seconds_per_part: float = PART_SECONDS) -> None:
        """Raises GoodpartError if the picture size or rate is too small."""
        if settings.width < SMALLEST[0] or settings.height < SMALLEST[1]:
            raise GoodpartError(
                f"the simulated bench cannot draw pictures of {settings.width}x{settings.height}: "
                f"set the camera's size to at least {SMALLEST[0]}x{SMALLEST[1]}"
            )
        if settings.fps <= 0:
            raise GoodpartError(f"{settings.fps:g} frames per second cannot be shown: set the camera's fps above 0")
        self._settings = settings
        self._interval = 1 / min(settings.fps, FASTEST)
        self._seconds = seconds_per_part
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._change = threading.Condition()
        self._fresh: Frame | None = None
        self._state: SourceState = "opening"
        self._message = "the first part is being drawn"
        self._times: deque[float] = deque()
        self._number = 0
        self._dropped = 0
        self._clamped: Clamped = "any"
        self._taught = int(time.time())

    def start(self) -> None:
        """Start the thread; does nothing after the first call or after `stop`."""
        with self._change:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="simulated bench", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread and wait at most 1 s for it. May be called twice."""
        self._stopping.set()
        with self._change:
            self._state, self._message = "stopped", ""
            self._fresh = None
            self._change.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def take(self, timeout: float) -> Frame | None:
        """Return the newest frame if it was not taken yet, or wait for one; None after `timeout` seconds or a stop."""
        with self._change:
            self._change.wait_for(lambda: self._fresh is not None or self._stopping.is_set(), timeout)
            frame, self._fresh = self._fresh, None
            return frame

    def status(self) -> SourceStatus:
        """The current state, with the measured frame rate and the counts."""
        with self._change:
            return SourceStatus(
                state=self._state,
                address=ADDRESS,
                message=self._message,
                width=self._settings.width if self._number else 0,
                height=self._settings.height if self._number else 0,
                fps=self._fps() if self._state == "live" else 0.0,
                frames=self._number,
                dropped=self._dropped,
                last_at=self._times[-1] if self._times else None,
            )

    def _fps(self) -> float:
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6)

    def _run(self) -> None:
        try:
            # A separate thread draws, so that the frame rate does not drop between parts.
            with ThreadPoolExecutor(1, thread_name_prefix="simulated bench drawing") as drawing:
                self._show(drawing)
        finally:
            with self._change:
                if not self._stopping.is_set():
                    # A programming error is being raised to the thread's exception hook.
                    self._state, self._message = "lost", "the simulated bench failed: start the station anew"

    def clamp(self, kind: Clamped) -> None:
        """Show only good or only defective parts from now on, each moved a little; `any` shows both. No frame comes
        until the first such part is drawn."""
        self._clamped = kind

    def _fits(self, part: PumpPart) -> bool:
        return self._clamped == "any" or (part.fault is not None) == (self._clamped == "defect")

    def _next_part(self, parts: Iterator[PumpPart]) -> PumpPart:
        if self._clamped == "good":
            # Different parts from those that the bench shows for judging.
            self._taught += 1
            return PumpPart(self._settings.seed, self._taught, series="taught")
        return next(part for part in parts if self._fits(part))

    def _draw(self, part: PumpPart) -> Picture:
        view = view_of(part, SHOWN_SPREAD if part.series == "shown" else 1.0)
        return draw_part(part, view, self._settings.width, self._settings.height)

    def _show(self, drawing: ThreadPoolExecutor) -> None:
        parts = shown_parts(self._settings.seed)
        part = next(parts)
        drawn = drawing.submit(self._draw, part)
        sensor = Sensor(self._settings.width, self._settings.height)
        picture = drawn.result()
        coming = next(parts)
        drawn = drawing.submit(self._draw, coming)
        due = time.monotonic()
        swap = next_exchange(due, self._seconds)
        rng = part.generator(5)
        while not self._stopping.is_set():
            if self._fits(part):
                self._publish(sensor.frame(picture, rng), part.fault or "good")
            # If late by more than a frame, continue from now and do not catch up.
            due = max(due + self._interval, time.monotonic())
            if self._stopping.wait(due - time.monotonic()):
                return
            if not self._fits(coming):
                # The kind has changed, so the part that was drawn is not needed any more.
                drawn.cancel()
                coming = self._next_part(parts)
                drawn = drawing.submit(self._draw, coming)
            if (time.monotonic() < swap and self._fits(part)) or not drawn.done():
                continue
            picture, part = drawn.result(), coming
            coming = self._next_part(parts)
            drawn = drawing.submit(self._draw, coming)
            rng = part.generator(5)
            seconds = self._seconds if self._clamped == "any" else TEACHING_SECONDS
            swap = next_exchange(time.monotonic(), seconds)

    def _publish(self, picture: Picture, truth: str) -> None:
        now = time.monotonic()
        with self._change:
            if self._stopping.is_set():
                return
            self._number += 1
            self._dropped += self._fresh is not None
            self._fresh = Frame(picture, self._number, now, truth)
            self._state, self._message = "live", ""
            self._times.append(now)
            while len(self._times) > 2 and self._times[0] < now - 1.0:
                self._times.popleft()
            self._change.notify_all()
