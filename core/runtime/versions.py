"""The versions of the software that made a model or a recording."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib import metadata

from core import __version__


def installed_versions(*packages: str) -> dict[str, str]:
    """Versions by name: goodpart, python, and those of the given packages that are installed."""
    versions = {"goodpart": __version__, "python": platform.python_version()}
    for name in packages:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
