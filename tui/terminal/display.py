"""The terminal's kind and the user's settings, for commands that show a screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings.user_config import Config, resolve
from tui.terminal.capabilities import TerminalKind, detect_terminal, environment_as_given

OPTIONS = ("theme", "refresh", "ascii", "colors")
"""Options of the command line that overrule the settings of the same name."""
BROWSER = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
"""The environment that describes a browser, whatever terminal its server was started in."""


@dataclass(frozen=True)
class Display:
    """The terminal and the settings that apply to it."""

    kind: TerminalKind
    config: Config


def display(options: argparse.Namespace) -> Display:
    """Return the display that the options of `tui.cli.parser.show`, the environment and config.toml ask for. Raises
    GoodpartError for an invalid setting."""
    environment = environment_as_given()
    if environment.get("TEXTUAL_DRIVER"):
        environment |= BROWSER
    config = resolve(options_given(options), environment).config
    windows = os.name == "nt"
    speed = None
    if not windows and sys.stdout.isatty():
        from tui.terminal.flow_control import serial_line_speed

        speed = serial_line_speed(sys.stdout.fileno())
    kind = detect_terminal(environment, ascii=config.ascii, colors=config.colors, speed=speed, windows=windows)
    return Display(kind, config)


def options_given(options: argparse.Namespace) -> Mapping[str, object]:
    """Return the values of `OPTIONS`; None for an option that is missing."""
    return {name: getattr(options, name, None) for name in OPTIONS}
