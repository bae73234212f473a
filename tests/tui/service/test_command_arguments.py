"""Commands from their names and JSON, as the service takes them."""

from __future__ import annotations

import pytest

from core.commands import Command, SetThreshold, TriggerPart
from core.serialization.dataclass_json import WireError, to_json
from tests.core.test_commands import EXAMPLES
from tui.service.command_arguments import parsed_command


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.name)
def test_the_service_takes_what_is_sent_and_names_the_sender(command: Command) -> None:
    taken = parsed_command(command.name, to_json(command), "robot 7")
    expected = to_json(command)
    if "by" in expected:
        expected["by"] += ", robot 7"
    assert type(taken) is type(command) and to_json(taken) == expected


def test_what_is_left_out_has_its_default_and_what_is_needed_is_named() -> None:
    assert parsed_command("part", {}, "robot 7") == TriggerPart("key, robot 7")
    assert parsed_command("set_threshold", {"which": "density", "value": 1}, "me") == SetThreshold(
        "density", 1.0, "key, me"
    )
    with pytest.raises(WireError, match="set_threshold needs value"):
        parsed_command("set_threshold", {"which": "density"}, "me")
    with pytest.raises(WireError, match="say takes word, about, not name"):
        parsed_command("say", {"name": "good"}, "me")
