"""goodpart devices"""

from __future__ import annotations

import argparse

from core.sources.devices import NONE_ANSWERS, list_cameras


def run(_options: argparse.Namespace) -> int:
    cameras = list_cameras()
    print("cameras:")
    for camera in cameras:
        print(f"  {camera.index}: {camera.width} x {camera.height}, {camera.fps:g} fps  {camera.name}")
    if not cameras:
        print(f"  {NONE_ANSWERS}")
    return 0
