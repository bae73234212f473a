"""goodpart web"""

from __future__ import annotations

import argparse

from core.errors import GoodpartError
from tui.service.client import service_url


def run(options: argparse.Namespace) -> int:
    url = service_url(options.url).geturl()
    try:
        from tui.service.web_dashboard import serve_dashboard
    except ModuleNotFoundError as error:
        raise GoodpartError(f"this takes more ({error.name} is missing): pip install 'goodpart[serve]'") from error
    serve_dashboard(url, options.host, options.port, options.token_file)
    return 0
