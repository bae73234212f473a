"""The examples of docs/extending.md: read, and applied to a copy of the program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.data import ROOT

GUIDE = ROOT / "docs" / "extending.md"
_PLACES = r"a new file|(?:above|below|in place of) the line with|at the end of"
_STEP = re.compile(
    rf"^`(?P<path>[\w./]+)`, (?P<place>{_PLACES})(?: `(?P<anchor>[^`\n]+)`)?:\n\n"
    r"^```\w+\n(?P<code>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One code block and where it belongs."""

    path: str
    """From the root of the repository."""
    place: str
    anchor: str
    """A part of exactly one line of the file; empty for a new file."""
    code: str

    @property
    def new(self) -> bool:
        return self.place == "a new file"


def steps_of(text: str) -> list[Step]:
    """The blocks whose line above names a file and a place."""
    return [Step(found["path"], found["place"], found["anchor"] or "", found["code"]) for found in _STEP.finditer(text)]


def sections(text: str) -> dict[str, str]:
    """The text below each heading of the second level."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def apply(step: Step, root: Path) -> None:
    """Change the copy in `root` as the step says. Raises ValueError if the place is missing or not clear."""
    file = root / step.path
    if step.new:
        if file.exists():
            raise ValueError(f"{step.path} is no new file")
        file.write_text(step.code, encoding="utf-8")
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = [number for number, line in enumerate(lines) if step.anchor in line]
    if len(at) != 1:
        raise ValueError(f"{step.path}: {len(at)} lines contain {step.anchor!r}")
    first, last = _span(step, lines, at[0])
    lines[first:last] = [step.code]
    file.write_text("".join(lines), encoding="utf-8")


def _span(step: Step, lines: list[str], anchor: int) -> tuple[int, int]:
    """The lines that the code replaces; the same number twice if it is inserted."""
    match step.place.split()[0]:
        case "above":
            return anchor, anchor
        case "below":
            return anchor + 1, anchor + 1
        case "in":
            return anchor, anchor + 1
        case _:
            end = next(number for number in range(anchor, len(lines)) if lines[number][0] in ")}]")
            return end, end
