"""The commands: their names and arguments are a contract with the service's callers."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields

import pytest

from core.commands import (
    COMMANDS,
    AcceptOffers,
    Calibrate,
    CollectPictures,
    Command,
    DeleteTaught,
    GiveFeedback,
    GrabThresholds,
    Pause,
    RecordSound,
    SetKnobRange,
    SetSingleShot,
    SetThreshold,
    TriggerPart,
)
from core.serialization.dataclass_json import from_json, to_json
from core.settings.recipe_settings import KnobTable

TAKEN = {
    "set_threshold": ["which", "value", "by?", "sense?", "how?"],
    "grab": ["grab", "sense?"],
    "undo_grab": [],
    "set_knob": ["sense", "which", "table"],
    "save_thresholds": [],
    "calibrate": ["false_alarms?"],
    "pause": ["paused"],
    "single": ["on"],
    "part": ["by?"],
    "new_shift": [],
    "say": ["word", "about?"],
    "accept_offers": ["file?"],
    "discard_offers": ["file?"],
    "collect": ["wanted?", "defect?"],
    "end_collecting": [],
    "delete_taught": ["sense?", "defect?", "every?"],
    "record": ["on", "defect?"],
    "train": [],
    "cancel_training": [],
    "take_over": [],
    "discard": [],
}
"""Name to arguments; those with a question mark may be left out."""


def test_names_and_arguments_stay_as_callers_know_them() -> None:
    assert {
        name: [field.name + ("" if field.default is MISSING else "?") for field in fields(kind)]
        for name, kind in COMMANDS.items()
    } == TAKEN


EXAMPLES: list[Command] = [
    SetThreshold("density", -4.2, "line", "sound", "by hand"),
    GrabThresholds("both"),
    SetKnobRange("image", "density", KnobTable("span", (-5.0, -2.0))),
    Calibrate(0.02),
    Calibrate(),
    Pause(True),
    SetSingleShot(False),
    TriggerPart("file"),
    GiveFeedback("bad", 1_730_000_000.25),
    AcceptOffers("offered/1.png"),
    CollectPictures(20, defect=True),
    DeleteTaught("sound", every=True),
    RecordSound(True),
]


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.name)
def test_a_command_comes_out_of_json_as_it_went_in(command: Command) -> None:
    sent = json.loads(json.dumps(to_json(command)))
    assert from_json(COMMANDS[command.name], sent) == command
