"""The dashboard: verdict, camera, scores over time, thresholds, counters, model, training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from core.state.jobs import TrainingState
from tui.screens.base import StationScreen
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings
from tui.view.view import View
from tui.widgets.banner import Banner
from tui.widgets.camera import CameraPane
from tui.widgets.figures import CountersPane, ModelPane, ThresholdsPane
from tui.widgets.knobs import KnobsPane
from tui.widgets.microphone import MicrophonePane
from tui.widgets.picture import PicturePane
from tui.widgets.rule_line import FormulaLine
from tui.widgets.sweep_plot import SweepPlot
from tui.widgets.title_and_footer import FooterLine, NoticeLine, TitleLine
from tui.widgets.training import TrainingPane

OUTCOME_SECONDS = 20.0


class WatchScreen(StationScreen, inherit_bindings=False):
    about = (
        "density: how like the good parts, higher is better; error: how badly redrawn,",
        "higher is worse; * not saved. Meter: bar RMS, | peak, ! highest of last 2 s",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("watch")

    def __init__(self) -> None:
        super().__init__()
        self._training: TrainingState | None = None
        self._training_since = 0.0

    def compose(self) -> ComposeResult:
        with Vertical(id="all"):
            yield TitleLine(id="title")
            yield Banner(id="banner")
            yield FormulaLine(id="formula")
            with Horizontal(id="body"):
                with Vertical(id="plots"):
                    yield SweepPlot("density", id="density")
                    yield SweepPlot("reconstruction_error", id="error")
                    yield SweepPlot("density", "sound", id="sound-density")
                    yield SweepPlot("reconstruction_error", "sound", id="sound-error")
                with Vertical(id="side"):
                    yield CameraPane(id="camera")
                    yield MicrophonePane(id="microphone")
                    yield PicturePane(id="picture")
                    yield ThresholdsPane(id="thresholds")
                    yield KnobsPane(id="knobs")
                    yield CountersPane(id="counters")
                    yield TrainingPane(id="training")
                    yield ModelPane(id="model")
            yield NoticeLine(id="notice")
            yield FooterLine(id="footer")

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        self.set_class(height >= 30, "-tall")
        self.set_class(height < 22, "-low")
        self.set_class(width >= 110, "-wide")

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        """Take over what is new; panes refresh the rows that changed."""
        self.set_class(self._tells_of_training(view), "-training")
        self.set_class(view.snapshot.sound is not None, "-hears")
        self.set_class(view.snapshot.image is not None, "-sees")
        self.set_class(view.both, "-both")
        self.set_class(view.snapshot.knobs is not None, "-knobs")
        self.set_class(view.sense == "sound", "-sound")
        for plot in self.query(SweepPlot):
            plot.add(samples)
        super().show(view, samples)

    def _tells_of_training(self, view: View) -> bool:
        """While it runs, and its outcome for a while: at 24 rows it has the place of the model."""
        run = view.snapshot.training
        if run is None or run != self._training:
            self._training, self._training_since = run, view.now
        return run is not None and (run.state == "running" or view.now - self._training_since < OUTCOME_SECONDS)

    def action_preview(self) -> None:
        self.query_one(PicturePane).next_preview()
        self._picture_turned()

    def action_map(self) -> None:
        self.query_one(PicturePane).toggle_map()
        self._picture_turned()

    def _picture_turned(self) -> None:
        mode = self.query_one(PicturePane).mode
        self.set_class(mode != "off", "-picture")
        words = {"off": "picture off", "shades": "picture in shades", "ascii": "picture in ASCII", "map": "anomaly map"}
        self.host.say(words[mode])
