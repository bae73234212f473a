"""The versions of what a model or a recording was made with."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib import metadata

from core import __version__


def installed_versions(*packages: str) -> dict[str, str]:
    """Version by name: goodpart, python, and those of the named packages that are installed."""
    found = {"goodpart": __version__, "python": platform.python_version()}
    for name in packages:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
