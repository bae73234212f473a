"""AMULET's model files: one bundle of ours, or a folder of three JSON files as others export them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle import BundleError, HeldOut, read_bundle, write_bundle
from core.detectors.sound.amulet import AmuletModel, Network, Scaler, packed, unpacked
from core.errors import GoodpartError
from core.features.sound.amulet import AmuletFeatures

KIND = "amulet"


def read_model(path: Path) -> AmuletModel:
    """From a bundle, or from a folder with weights.json, scaler.json and threshold.json. Raises GoodpartError."""
    return _from_folder(path) if path.is_dir() else _from_bundle(path)


def _from_bundle(path: Path) -> AmuletModel:
    bundle = read_bundle(path)
    if bundle.facts.get("kind") != KIND:
        raise BundleError(f"{path}: is no model of `goodpart amulet train`")
    try:
        settings = bundle.facts["settings"]
        return AmuletModel(
            Network(unpacked(bundle.arrays)),
            Scaler(np.asarray(bundle.arrays["scaler_scale"]), np.asarray(bundle.arrays["scaler_offset"])),
            int(settings["timesteps"]),
            float(settings["threshold"]),
            AmuletFeatures(**settings["features"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: lacks what this goodpart needs ({error!r}); train again") from error


def _from_folder(folder: Path) -> AmuletModel:
    said = {name: _json(folder / f"{name}.json") for name in ("weights", "scaler", "threshold")}
    try:
        weights = {name.removesuffix(":0"): np.asarray(w) for name, w in said["weights"]["weights"].items()}
        columns = tuple(said["scaler"]["columns"])
        network = Network(weights)
        scaler = Scaler(np.asarray(said["scaler"]["scale"], float), np.asarray(said["scaler"]["min"], float))
        timesteps, threshold = int(said["threshold"]["timesteps"]), float(said["threshold"]["threshold"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GoodpartError(f"{folder}: is not an exported AMULET model ({error!r})") from error
    for mode in ("whole-file", "block", "wavelet"):
        features = AmuletFeatures(mode)
        if features.columns == columns or (mode == "wavelet" and len(columns) == len(features.columns)):
            if network.columns != len(columns) or len(scaler.scale) != len(columns):
                raise GoodpartError(f"{folder}: its network, scaler and columns do not belong together")
            return AmuletModel(network, scaler, timesteps, threshold, features)
    raise GoodpartError(f"{folder}: the columns {', '.join(columns)} are none of AMULET's")


def _json(path: Path) -> Mapping[str, Any]:
    try:
        said = json.loads(path.read_text())
    except FileNotFoundError:
        raise GoodpartError(
            f"{path}: there is no such file; a model is a .goodpart file, or a folder with it"
        ) from None
    except (OSError, ValueError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error
    if not isinstance(said, dict):
        raise GoodpartError(f"{path}: is not what it should be (a JSON object)")
    return said


def write_model(path: Path, model: AmuletModel, weights: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """As a bundle, in one step. Raises GoodpartError where the disk refuses."""
    settings = {"timesteps": model.timesteps, "threshold": model.threshold, "features": model.features.to_json()}
    arrays = packed(weights) | {"scaler_scale": model.scaler.scale, "scaler_offset": model.scaler.offset}
    nothing = np.zeros(0)
    write_bundle(
        path, {**facts, "kind": KIND, "method": KIND, "settings": settings}, arrays, {}, HeldOut(nothing, nothing)
    )
