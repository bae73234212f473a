"""Health check for containers: `python -m tui.service.healthcheck URL [TOKEN FILE]`.

The exit code is 0 if the service is well, else 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.errors import GoodpartError
from tui.service.client import ServiceClient, token_in


def main(url: str, token_file: str = "") -> int:
    """Print the reason of GET /health; return 0 if the service is well, else 1."""
    try:
        client = ServiceClient(url, token_in(Path(token_file) if token_file else None))
        status, answer = client.ask("GET", "/health", seconds=4.0)
    except GoodpartError as error:
        print(error)
        return 1
    print(answer.get("reason", answer.get("error", "")))
    return int(status != 200)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
