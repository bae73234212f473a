"""Opens the source for a camera address as a technician writes it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from core.errors import GoodpartError
from core.runtime.listing import PICTURE_SUFFIXES
from core.sources.camera.base import CameraSettings, PictureSource

Kind = Literal["camera", "video", "folder", "rtsp", "http", "simulated"]

_SECRETS = re.compile(r"(?i)([?&](?:pwd|pass|passwd|password|token|key|auth)=)[^&#]*")


def open_source(address: str, settings: CameraSettings) -> PictureSource:
    """The source behind an address, not started: an index or /dev/video path, a video file, a folder of pictures, an
    rtsp:// or http:// address, or `simulated`. Raises GoodpartError if the address is invalid."""
    address = address.strip()
    kind = kind_of(address)
    # Each module is imported only if the address needs it: OpenCV and ssl load slowly.
    if kind == "simulated":
        from core.sources.simulated.camera import SimulatedBench

        return SimulatedBench(settings)

    from core.sources.camera import files, opencv_camera, reader

    safe = address_without_password(address)
    if kind == "camera":
        which = int(address) if address.isdecimal() else address
        return reader.CameraReader(safe, partial(opencv_camera.open_camera, which, settings))
    if kind == "rtsp":
        return reader.CameraReader(safe, partial(opencv_camera.open_rtsp, address, safe))
    if kind == "http":
        from core.sources.camera.http_camera import open_http

        return reader.CameraReader(safe, partial(open_http, address, safe, settings))
    path = Path(address).expanduser()
    if kind == "folder":
        return reader.CameraReader(safe, partial(files.Folder, path, settings))
    return reader.CameraReader(safe, partial(files.Video, path, settings))


def kind_of(address: str) -> Kind:
    """The kind of source an address means. Raises GoodpartError if the address is invalid."""
    address = address.strip()
    if address == "simulated":
        return "simulated"
    if address.isdecimal() or re.fullmatch(r"/dev/video\d+", address):
        return "camera"
    if "://" in address:
        return _kind_of_url(address)
    path = Path(address).expanduser()
    if address and path.is_dir():
        return "folder"
    if path.is_file():
        return "folder" if path.suffix.lower() in PICTURE_SUFFIXES else "video"
    raise GoodpartError(
        f"camera {address or '(empty)'} is not an existing file or folder: give an index (goodpart devices lists "
        "them), a video file, a folder of pictures, an rtsp:// or http:// address, or simulated"
    )


def _kind_of_url(address: str) -> Kind:
    try:
        parts = urlsplit(address)
        scheme, host, _ = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError as error:
        raise GoodpartError(f"camera address {address_without_password(address)} is malformed ({error})") from error
    kinds: dict[str, Kind] = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http"}
    if scheme not in kinds or not host:
        raise GoodpartError(
            f"camera address {address_without_password(address)} is not understood: write rtsp://host/path or http://host/path"
        )
    return kinds[scheme]


def address_without_password(address: str) -> str:
    """The address without passwords, for screens, journals and messages."""
    address = address.strip()
    if "://" not in address:
        return address
    scheme, _, rest = address.partition("://")
    # A password may wrongly hold `@` or `/` and must stay hidden even then: hide everything up to the last `@`.
    before, at, host = rest.rpartition("@")
    if at:
        user, colon, _ = before.partition(":")
        rest = f"{user}{':***' if colon else ''}@{host}"
    return _SECRETS.sub(r"\1***", f"{scheme}://{rest}")


def shows_stills(address: str) -> bool:
    """Whether each picture of this source is a separate part, so that repeated pictures are no fault: a folder."""
    return kind_of(address) == "folder"
