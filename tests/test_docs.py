"""The documents are true: every command, option, call, key, setting, link, path and layer that they name is there."""

from __future__ import annotations

import argparse
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.settings.recipe_settings import Settings
from core.settings.user_config import Config
from tests.support.data import ROOT
from tests.support.extension_guide import steps_of
from tui.cli.parser import build_parser
from tui.line_mode.console import LineConsole
from tui.service.app import make_app
from tui.view.key_table import KEYS

DOCS = ROOT / "docs"
README, MANUAL, SERVICE, ARCHITECTURE = (
    ROOT / "README.md",
    DOCS / "manual.md",
    DOCS / "service.md",
    DOCS / "architecture.md",
)
PAGES = sorted({README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")})
OF_PATHS = [page for page in PAGES if page.name in ("architecture.md", "extending.md", "CONTRIBUTING.md")]
PACKAGES = ("core", "models", "tui")
KEY_NAMES = {
    "enter": "Enter", "space": "Space", "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "ctrl+p": "Ctrl-P",
    "ctrl+l": "Ctrl-L", "left_square_bracket": "[", "right_square_bracket": "]", "slash": "/", "minus": "-",
    "plus": "+", "question_mark": "?", "backspace": "Backspace", "delete": "Delete", "home": "Home", "end": "End",
    "up": "Up", "down": "Down", "left": "Left", "right": "Right",
}  # fmt: skip
"""As the manual writes them."""


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_fit_into_a_terminal(page: Path) -> None:
    assert [line for line in page.read_text().splitlines() if len(line) > 160] == []


# Commands.


def code_of(text: str) -> Iterator[str]:
    """Lines of code blocks, and what stands between backticks."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)  # output of commands
    yield from (line.strip() for line in text.splitlines() if line.startswith("    "))
    yield from (span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", text))


def commands_of(page: Path) -> list[str]:
    return [code for code in code_of(page.read_text()) if code.startswith("goodpart ")]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next((dict(action.choices) for action in actions), {})


def missing_in_parser(command: str) -> list[str]:
    """Words and options of a documented command that the parser does not know."""
    parser, missing = build_parser(), []
    for word in re.split(r" {2,}| && ", command)[0].split()[1:]:  # two blanks begin what it does
        below = subcommands(parser)
        if word.startswith("-"):
            missing += [] if word.partition("=")[0] in parser._option_string_actions else [word]
        elif below and word != "COMMAND":
            if word not in below:
                return [*missing, word]
            parser = below[word]
    return missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists_with_its_options(page: Path) -> None:
    wrong = {command: missing for command in commands_of(page) if (missing := missing_in_parser(command))}
    assert wrong == {}


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert missing_in_parser("goodpart wacth pump") == ["wacth"]
    assert missing_in_parser("goodpart watch pump --headles") == ["--headles"]
    assert missing_in_parser("goodpart amulet train --fft-last --nonsense") == ["--nonsense"]
    assert missing_in_parser("goodpart history pump --day today     what happened --really") == []


def test_the_readme_and_the_manual_name_every_command() -> None:
    named = {command.split()[1] for page in (README, MANUAL, SERVICE) for command in commands_of(page)}
    assert set(subcommands(build_parser())) - named == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_and_every_module_to_run_exists(page: Path) -> None:
    code = "\n".join(code_of(page.read_text()))
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", code)) <= made
    modules = re.findall(r"python -m ((?:core|models|tui|tests)[\w.]*)", code)
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


# Links.


def slug(heading: str) -> str:
    """The anchor that a heading gets: lower case, punctuation left out, blanks as hyphens."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)}


def dead_links(page: Path, text: str) -> list[str]:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", [*PAGES, ROOT / "firmware" / "README.md"], ids=lambda page: page.name)
def test_every_link_and_anchor_leads_somewhere(page: Path) -> None:
    assert dead_links(page, page.read_text()) == []


def test_a_dead_link_is_noticed() -> None:
    text = "[a](docs/manual.md#keys) [b](docs/manual.md#kyes) [c](docs/no.md) ![d](docs/dashboard.svg)"
    assert dead_links(README, text) == ["docs/manual.md#kyes", "docs/no.md"]


# Paths and layers.


def paths_of(page: Path) -> set[str]:
    """Paths of the repository between backticks."""
    spans = re.findall(r"`((?:core|models|tui|tests|firmware|docs)/[\w./-]*)`", page.read_text())
    return {span.rstrip(".") for span in spans}


@pytest.mark.parametrize("page", OF_PATHS, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    made_by_examples = {step.path for step in steps_of(page.read_text()) if step.new}
    assert sorted(path for path in paths_of(page) - made_by_examples if not (ROOT / path).exists()) == []


def test_the_architecture_names_every_package() -> None:
    packages = {init.parent.relative_to(ROOT) for top in PACKAGES for init in (ROOT / top).glob("*/__init__.py")}
    assert {f"{package}/" for package in packages} - paths_of(ARCHITECTURE) == set()


@pytest.mark.parametrize("package", ["core", "tui"])
def test_the_architecture_shows_the_layers_that_are_checked(package: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [package])
    section = ARCHITECTURE.read_text().partition(f"### Layers of {package}\n")[2].partition("\n#")[0]
    shown = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert shown == layers


# Tables.


def rows_of(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]


def between_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_manual_has_every_key_and_its_name() -> None:
    keys = {key.id: [KEY_NAMES.get(name, name) for name in key.keys.split(",")] for key in KEYS}
    rows = [row for row in rows_of(MANUAL.read_text()) if len(row) == 3 and row[2].strip("` |") in keys]
    assert {row[2].strip("` |"): between_backticks(row[0]) for row in rows} == keys


def test_the_manual_has_every_typed_command() -> None:
    section = MANUAL.read_text().partition("## Line mode\n")[2].partition("\n## ")[0]
    typed = {words.split()[0] for row in rows_of(section) for words in between_backticks(row[0])}
    assert typed | {"?"} == set(LineConsole._COMMANDS)


def test_the_manual_has_every_setting_and_table() -> None:
    rows = {word for row in rows_of(MANUAL.read_text()) for word in between_backticks(row[0])}
    assert {field.name for field in fields(Config)} - rows == set()
    assert {f"[{field.name}]" for field in fields(Settings)} - rows == set()


def test_the_service_has_exactly_the_calls_that_are_described() -> None:
    service = SimpleNamespace(station=None, hub=None, pulse=None, workers=None, metrics=None, recipe=None, tokens=None)
    paths = make_app(cast(Any, service)).openapi()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    section = SERVICE.read_text().partition("## Calls\n")[2].partition("\n## ")[0]
    described = {call for row in rows_of(section) for call in between_backticks(row[0])}
    assert described == calls | {"WebSocket /snapshots"}


# The picture.


def test_the_picture_shows_a_call_and_needs_nothing_from_elsewhere() -> None:
    picture = (DOCS / "dashboard.svg").read_text()
    text = re.sub(r"<[^>]*>", "", picture).replace("&#160;", " ")
    assert "ANOMALY" in text and "truth: missing bore" in text
    assert [name for name in ("picture density", "picture reconstruction error", "map ") if name not in text] == []
    assert re.findall(r"(?:url\(|href=)[\"']?http[^)\"']*", picture) == []


def test_the_picture_can_be_drawn_again() -> None:
    """Everything that the script needs is where it looks for it; a run takes minutes."""
    spec = importlib.util.spec_from_file_location("make_picture", DOCS / "make_picture.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    svg = "<style>\n    @font-face {\n src: url(http://x);\n    }\n    .a { fill: red }</style>"
    assert script.without_web_fonts(svg) == "<style>\n    .a { fill: red }</style>"
