"""Teaching at the bench: pictures and sound of good parts into the recipe, defective ones aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from core.commands import AcceptOffers, DeleteTaught, DiscardOffers
from core.errors import GoodpartError
from core.state.sense_words import OTHER_SENSE, SENSE_WORDS
from core.state.snapshot import shown_sense
from core.state.verdict import Sense
from tui.jobs.sound_player import SoundPlayer
from tui.screens.base import StationScreen
from tui.screens.form import AskScreen
from tui.view.inbox import PlottedSample
from tui.view.keymap import bindings
from tui.view.view import View
from tui.widgets.picture import PicturePane
from tui.widgets.status_strip import KeysLine, StatusStrip
from tui.widgets.teaching import MetersPane, RecentPane, SoundPane, StoringPane, Teaching
from tui.widgets.title_and_footer import NoticeLine, TitleLine


class TeachScreen(StationScreen, inherit_bindings=False):
    where = "teach"
    about = (
        "Move and exchange the part between pictures, let light and place vary as they",
        "will at work: what was never taught as good is an anomaly. 25 pictures are a",
        "beginning, 100 are good; of sound 20 recordings. Defective ones are only ever",
        "tested with: they show what would be missed.",
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("teach")

    def __init__(self) -> None:
        super().__init__()
        self.teaching = Teaching()
        self._playing: SoundPlayer | None = None

    def compose(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield StatusStrip(id="strip")
        with Horizontal(id="body"):
            with Vertical(id="teach-left"):
                yield PicturePane("shades", id="teach-picture")
                yield RecentPane(self.teaching, id="recent")
            with Vertical(id="teach-right"):
                yield StoringPane(self.teaching, id="storing")
                yield MetersPane(id="meters")
                yield SoundPane(self.teaching, id="teach-sound")
        yield NoticeLine(id="notice")
        yield KeysLine(
            ("teach-store", "store"), ("teach-record", "record"), ("teach-kind", "good/defective"),
            ("teach-delete-last", "delete last"), ("teach-delete-all", "delete all"), ("teach-play", "play"),
            id="footer",
        )  # fmt: skip

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < 22, "-low")

    def show(self, view: View, samples: Sequence[PlottedSample]) -> None:
        snapshot = view.snapshot
        self.set_class(snapshot.sound is not None, "-hears")
        self.set_class(snapshot.image is not None, "-sees")
        self.teaching.sense = shown_sense(snapshot, self.teaching.sense)
        self.teaching.playing = self._playing.position if self._playing else None
        if self._playing and self._playing.ended:
            words, self._playing = self._playing.trouble, None
            if words:
                self.host.say(words)
        super().show(view, samples)

    def on_unmount(self) -> None:
        self._stop_playing()

    def _stop_playing(self) -> None:
        if self._playing:
            self._playing.stop()
            self._playing = None

    def action_store(self) -> None:
        self.host.collect(defect=self.teaching.defect)

    def action_record(self) -> None:
        self.host.record(defect=self.teaching.defect)

    def action_kind(self) -> None:
        self.teaching.defect = not self.teaching.defect
        self.host.say(
            "what is stored now is of DEFECTIVE parts: put aside, only ever to test with"
            if self.teaching.defect
            else "what is stored now is of good parts, to learn from"
        )

    def action_sense(self) -> None:
        if not (self.has_class("-hears") and self.has_class("-sees")):
            self.host.say("the recipe has pictures or sound, not both")
            return
        self.teaching.sense = OTHER_SENSE[self.teaching.sense]
        self.host.say(f"deleting is now about {SENSE_WORDS[self.teaching.sense].files}")

    def action_delete_last(self) -> None:
        self.host.station.do(DeleteTaught(self.teaching.sense, defect=self.teaching.defect))
        self.host.say("deleting the newest one")

    def action_delete_all(self) -> None:
        sense: Sense = self.teaching.sense
        called = self.teaching.called
        defect = self.teaching.defect

        def take(typed: Sequence[str]) -> None:
            if typed[0] != "all":
                raise GoodpartError("nothing was deleted: type the word all, or Esc")
            self.host.station.do(DeleteTaught(sense, defect=defect, every=True))
            self.host.say(f"deleting all {called}")

        words = f" All {called} of this recipe are deleted and cannot be brought back.\n\n To delete them, type: all"
        self.app.push_screen(AskScreen(f"delete all {called}", words, [("", "")], take))

    def action_take_offers(self) -> None:
        if self._offered():
            newest = self._newest()
            self.host.station.do(AcceptOffers(newest))
            what = "the newest picture offered" if newest else "what was offered"
            self.host.say(f"{what} is teaching material now: train learns from it")

    def action_drop_offers(self) -> None:
        if self._offered():
            newest = self._newest()
            self.host.station.do(DiscardOffers(newest))
            self.host.say(f"{'the newest picture' if newest else 'what was'} offered is dropped")

    def _newest(self) -> str:
        """The newest picture that is seen to be offered; empty where there is none, which is all of the rest."""
        recent = self.host.station.snapshot().offers.recent
        return recent[-1].file if recent else ""

    def _offered(self) -> bool:
        if not self.host.station.snapshot().offers.count:
            self.host.say("nothing is offered: in the dashboard w and b say what a part was in truth")
            return False
        return True

    def action_play(self) -> None:
        if self._playing:
            self._stop_playing()
            self.host.say("playing ended")
            return
        recipe = self.host.recipe
        if recipe is None:
            return
        self._playing = SoundPlayer(recipe.material("sound", defect=self.teaching.defect))
        self.host.say("playing the newest recording on this machine's loudspeaker")
