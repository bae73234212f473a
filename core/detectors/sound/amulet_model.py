"""AMULET's model files: a goodpart bundle, or a folder of three JSON files exported by other programs."""

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
    """Read a model from a bundle, or from a folder with weights.json, scaler.json and threshold.json.

    Raises GoodpartError if a file is missing or invalid.
    """
    return _from_folder(path) if path.is_dir() else _from_bundle(path)


def _from_bundle(path: Path) -> AmuletModel:
    bundle = read_bundle(path)
    if bundle.facts.get("kind") != KIND:
        raise BundleError(f"{path}: is not a model of `goodpart amulet train`")
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
    parts = {name: _json(folder / f"{name}.json") for name in ("weights", "scaler", "threshold")}
    try:
        weights = {name.removesuffix(":0"): np.asarray(w) for name, w in parts["weights"]["weights"].items()}
        columns = tuple(parts["scaler"]["columns"])
        network = Network(weights)
        scaler = Scaler(np.asarray(parts["scaler"]["scale"], float), np.asarray(parts["scaler"]["min"], float))
        timesteps, threshold = int(parts["threshold"]["timesteps"]), float(parts["threshold"]["threshold"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GoodpartError(f"{folder}: is not an exported AMULET model ({error!r})") from error
    for mode in ("whole-file", "block", "wavelet"):
        features = AmuletFeatures(mode)
        if features.columns == columns or (mode == "wavelet" and len(columns) == len(features.columns)):
            if network.columns != len(columns) or len(scaler.scale) != len(columns):
                raise GoodpartError(f"{folder}: its network, scaler and columns do not fit together")
            return AmuletModel(network, scaler, timesteps, threshold, features)
    raise GoodpartError(f"{folder}: the columns {', '.join(columns)} are not those of AMULET")


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise GoodpartError(
            f"{path}: there is no such file; a model is a .goodpart file, or a folder with weights.json, scaler.json "
            "and threshold.json"
        ) from None
    except (OSError, ValueError) as error:
        raise GoodpartError(f"{path}: cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise GoodpartError(f"{path}: is not a JSON object")
    return content


def write_model(path: Path, model: AmuletModel, weights: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write a model as a bundle, atomically. Raises GoodpartError if the file cannot be written."""
    settings = {"timesteps": model.timesteps, "threshold": model.threshold, "features": model.features.to_json()}
    arrays = packed(weights) | {"scaler_scale": model.scaler.scale, "scaler_offset": model.scaler.offset}
    nothing = np.zeros(0)
    write_bundle(
        path, {**facts, "kind": KIND, "method": KIND, "settings": settings}, arrays, {}, HeldOut(nothing, nothing)
    )
