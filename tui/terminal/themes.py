"""The themes: dark, light, high contrast, and the terminal's own colours (ansi). Each has two sets of colours: for
terminals with 256 or more colours, and for terminals with the eight basic ones.

A screen's style sheet uses the names of `ROLES` as variables (`color: $label`) and never a literal colour.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

from tui.terminal.capabilities import TerminalKind

VERDICT_STYLES: Mapping[str, str] = {"OK": "ok", "ANOMALY": "anomaly", "UNKNOWN": "unknown"}
"""The style of each verdict."""
ROLES = (
    *("background", "foreground", "panel", "label", "rule", "ok", "anomaly", "unknown", "trace", "threshold", "key"),
    *("hot", "hot-background", "banner", "banner-text", "banner-ok", "banner-ok-text", "banner-anomaly"),
    *("banner-anomaly-text", "banner-unknown", "banner-unknown-text", "banner-idle", "banner-idle-text"),
    *("banner-busy", "banner-busy-text"),
)
"""The purposes of colours, in the order of the colours of each theme."""
_DARK = (
    "#0d1117 #c8d0d8 #161b22 #8b949e #484f58 #3fb950 #f85149 #d29922 #56b6c2 #d29922 #56b6c2 "
    "#ffffff #b62324 #30363d #ffffff #138a36 #ffffff #b62324 "
    "#ffffff #9e6a03 #ffffff #484f58 #ffffff #1f4b99 #ffffff"
)
_LIGHT = (
    "#ffffff #1f2328 #eaeef2 #57606a #afb8c1 #116329 #b62324 #7d4e00 #0b6b75 #7d4e00 #0b6b75 "
    "#ffffff #b62324 #d0d7de #1f2328 #116329 #ffffff #b62324 "
    "#ffffff #7d4e00 #ffffff #57606a #ffffff #1f4b99 #ffffff"
)
_HIGH_CONTRAST = (
    "#000000 #ffffff #000000 #ffffff #b0b0b0 #00ff5f #ff8787 #ffd700 #00ffff #ffd700 #00ffff "
    "#ffffff #8b0000 #000000 #ffffff #005f1f #ffffff #8b0000 "
    "#ffffff #ffd700 #000000 #ffffff #000000 #00307a #ffffff"
)
_ANSI = (
    "default default default default default green red yellow cyan yellow cyan "
    "white red default default green black red "
    "white yellow black white black blue white"
)
_DARK_16 = (
    "black white black white white green red yellow cyan yellow cyan "
    "white red black white green black red "
    "white yellow black white black blue white"
)
_LIGHT_16 = (
    "white black white black black blue red magenta blue magenta blue "
    "white red white black green black red "
    "white yellow black black white blue white"
)
_HIGH_CONTRAST_16 = (
    "black white black white white white white yellow white yellow cyan "
    "black white black white green black white "
    "black yellow black black white blue white"
)
_COLOURS = {
    "dark": (_DARK, _DARK_16),
    "light": (_LIGHT, _LIGHT_16),
    "high-contrast": (_HIGH_CONTRAST, _HIGH_CONTRAST_16),
    "ansi": (_ANSI, _ANSI),
}


def theme_of(name: str, kind: TerminalKind) -> Theme:
    """Return the Textual theme for one of core.settings.user_config.THEMES on this terminal."""
    few = kind.colors in ("none", "16")
    if name == "auto":
        name = "ansi" if few else "dark"
    if kind.colors == "none":
        name = "ansi"
    colours = _COLOURS[name][few].split()
    ansi = not colours[0].startswith("#")
    if ansi:
        colours = [f"ansi_{colour}" for colour in colours]
    role = dict(zip(ROLES, colours, strict=True))
    dark = name != "light"
    like = BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables | _CURSORS if ansi else {}
    if kind.colors == "none":
        like |= {"block-cursor-text-style": "reverse", "block-cursor-blurred-text-style": "reverse"}
    return Theme(
        name="goodpart-" + name,
        ansi=ansi,
        dark=dark,
        primary=role["key"],
        secondary=role["key"],
        accent=role["key"],
        foreground=role["foreground"],
        background=role["background"],
        surface=role["background"],
        panel=role["panel"],
        success=role["ok"],
        warning=role["unknown"],
        error=role["anomaly"],
        variables=like | {name: colour for name, colour in role.items() if name not in _OF_TEXTUAL},
    )


# Textual's own cursor colours are bright, which few colours cannot distinguish from the background.
_CURSORS = {
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_cyan",
    "input-selection-foreground": "ansi_black",
    "screen-selection-background": "ansi_cyan",
    "screen-selection-foreground": "ansi_black",
}
_OF_TEXTUAL = ("background", "foreground", "panel")
