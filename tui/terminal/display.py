"""How a command shows the screen: the terminal's kind and the user's settings. Commands that show it call `display`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings.user_config import Config, resolve
from tui.terminal.capabilities import TerminalKind, detect_terminal, environment_as_given

OPTIONS = ("theme", "refresh", "ascii", "colors")
BROWSER = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
"""What a browser shows, wherever its server was started."""


@dataclass(frozen=True)
class Display:
    kind: TerminalKind
    config: Config


def display(options: argparse.Namespace) -> Display:
    """From the options of `tui.cli.parser.show`, the environment and config.toml. Raises GoodpartError."""
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
    return {name: getattr(options, name, None) for name in OPTIONS}
