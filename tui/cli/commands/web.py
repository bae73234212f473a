"""goodpart web: shows the dashboard in a browser."""

from __future__ import annotations

import argparse

from core.errors import GoodpartError
from tui.service.client import service_url


def run(options: argparse.Namespace) -> int:
    """Serve the dashboard of a running goodpart serve until Ctrl-C; return 0. Raises GoodpartError."""
    url = service_url(options.url).geturl()
    try:
        from tui.service.web_dashboard import serve_dashboard
    except ModuleNotFoundError as error:
        raise GoodpartError(
            f"{error.name} is missing, which goodpart web needs: pip install 'goodpart[serve]'"
        ) from error
    serve_dashboard(url, options.host, options.port, options.token_file)
    return 0
