"""Is the service well? `python -m tui.service.healthcheck URL [TOKEN FILE]` ends with 0 when it is, for containers."""

from __future__ import annotations

import sys
from pathlib import Path

from core.errors import GoodpartError
from tui.service.client import ServiceClient, token_in


def main(url: str, token_file: str = "") -> int:
    try:
        client = ServiceClient(url, token_in(Path(token_file) if token_file else None))
        status, said = client.ask("GET", "/health", seconds=4.0)
    except GoodpartError as error:
        print(error)
        return 1
    print(said.get("reason", said.get("error", "")))
    return int(status != 200)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
