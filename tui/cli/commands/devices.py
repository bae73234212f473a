"""goodpart devices: lists the cameras, microphones and serial ports that answer."""

from __future__ import annotations

import argparse

from core.knobs.discovery import NONE_THERE as NO_PORTS
from core.knobs.discovery import list_ports
from core.sources.camera.discovery import NONE_ANSWERS, list_cameras
from core.sources.microphone.sound_devices import list_microphones


def run(_options: argparse.Namespace) -> int:
    """Print the devices and return 0."""
    cameras = list_cameras()
    print("cameras:")
    for camera in cameras:
        print(f"  {camera.index}: {camera.width} x {camera.height}, {camera.fps:g} fps  {camera.name}")
    if not cameras:
        print(f"  {NONE_ANSWERS}")
    microphones, why = list_microphones()
    print("microphones:")
    for device in microphones:
        channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
        print(f"  {device.index}: {channels}, {device.rate} Hz  {device.name}{'  (default)' if device.default else ''}")
    if not microphones:
        print(f"  {why}")
    print("serial ports:")
    ports = list_ports()
    for port in ports:
        print(f"  {port.name}: {f'{port.usb}, ' if port.usb else ''}{port.says}")
    if not ports:
        print(f"  {NO_PORTS}")
    return 0
