"""goodpart serve: judges live as a service."""

from __future__ import annotations

import argparse

from core.errors import GoodpartError
from core.recipes.recipe import open_recipe


def run(options: argparse.Namespace) -> int:
    """Serve the recipe until SIGTERM or Ctrl-C; return the exit code. Raises GoodpartError if it cannot start."""
    recipe = open_recipe(options.recipe)
    if options.amulet is not None:
        from core.detectors.sound.amulet_model import read_model

        read_model(options.amulet)
    try:
        from tui.service.server import checked_host, serve
    except ModuleNotFoundError as error:
        raise GoodpartError(
            f"{error.name} is missing, which the service needs: pip install 'goodpart[serve]'"
        ) from error
    from core.station.ports import device_ports
    from core.station.station import Station
    from tui.service.tokens import tokens_made_if_missing

    tokens = tokens_made_if_missing(options.token_file) if options.token_file else None
    checked_host(options.host, tokens)
    station = Station(recipe, device_ports(recipe, options.camera, options.microphone, options.knobs))
    return serve(recipe, station, options.host, options.port, tokens, options.amulet and options.amulet.absolute())
