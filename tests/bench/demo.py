"""How well the demo judges: `python -m tests.bench.demo [SECONDS]` runs `goodpart demo --headless` and counts.

Counted are verdicts by the truth that the simulated bench knows, and parts by the verdict that most of theirs were.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter

LEAST_LINES = 10


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    command = [sys.executable, "-m", "tui", "demo", "--headless", "--for", seconds]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    said = [json.loads(line) for line in out.splitlines()]
    said = [line for line in said if "truth" in line]
    for what, count in (("verdicts", _verdicts), ("parts", _parts)):
        good, faulty = count(said)
        print(
            f"{what}: {sum(good.values())} of good parts, ANOMALY {_rate(good)};"
            f" {sum(faulty.values())} of faulty parts, ANOMALY {_rate(faulty)}"
        )


def _verdicts(said: list[dict[str, str]]) -> tuple[Counter[str], Counter[str]]:
    good = Counter(line["verdict"] for line in said if line["truth"] == "good")
    return good, Counter(line["verdict"] for line in said if line["truth"] != "good")


def _parts(said: list[dict[str, str]]) -> tuple[Counter[str], Counter[str]]:
    good: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    for truth, lines in itertools.groupby(said, key=lambda line: line["truth"]):
        verdicts = Counter(line["verdict"] for line in lines)
        if verdicts.total() < LEAST_LINES:  # camera and microphone change the part within a tenth of a second
            continue
        most = verdicts.most_common(1)[0][0]
        (good if truth == "good" else faulty)[most] += 1
    return good, faulty


def _rate(counts: Counter[str]) -> str:
    return f"{100 * counts['ANOMALY'] / max(1, sum(counts.values())):.1f} %"


if __name__ == "__main__":
    main()
