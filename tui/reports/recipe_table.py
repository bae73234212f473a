"""The table of recipes."""

from __future__ import annotations

from core.library import LibraryEntry
from tui.widgets.pane import Line

HEAD = f"{'recipe':20}{'trained':17}{'pictures':>8}{'sound':>9}  today"


def recipe_row(one: LibraryEntry, *, opened: bool) -> Line:
    """Return the row of a recipe; `*` marks the opened one. A broken recipe shows its fault."""
    name = one.name if len(one.name) < 19 else one.name[:17] + "~"
    mark = "*" if opened else " "
    if one.trouble:
        return ((f"{name + mark:20}", ""), (f"cannot be opened: {one.trouble}", "unknown"))
    trained = f"{one.trained_at[:16].replace('T', ' ') or 'not yet':17}"
    sound = f"{one.seconds / 60:.1f} min" if one.seconds else "-"
    columns = f"{trained}{one.pictures:>8}{sound:>9}  {one.today or '-'}"
    return ((f"{name + mark:20}", "strong" if opened else ""), (columns, ""))
