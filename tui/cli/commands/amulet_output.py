"""Writes the files that AMULET writes: tables, histories, plots and the result."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.detectors.sound.amulet import AmuletModel
from core.errors import GoodpartError
from core.features.sound.amulet import Table
from core.runtime.atomic_files import replace_file

Numbers = npt.NDArray[np.float64]
BLUE, RED = "#1f6feb", "#f85149"


def make_folder(folder: Path) -> None:
    """Make the folder and its parents. Raises GoodpartError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GoodpartError(f"{folder}: cannot be made ({error.strerror or error})") from error


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file whose first column, with an empty heading, names the rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["", *head])
    writer.writerows(rows)
    replace_file(path, text.getvalue().encode())


def write_table(path: Path, tables: Sequence[tuple[Path, Table]], columns: Sequence[str]) -> None:
    """Write one CSV row per row of the tables: its name and features; with several files `file:name`."""
    several = len(tables) > 1
    write_csv(
        path,
        columns,
        (
            [f"{file.name}:{name}" if several else name, *map(float, row)]
            for file, table in tables
            for name, row in zip(table.names, table.rows, strict=True)
        ),
    )


def write_training(
    folder: Path, history: Mapping[str, Sequence[float]], errors: Sequence[Numbers], threshold: float
) -> None:
    """Write the histories per epoch as JSON and plots, and the distribution of the errors with the threshold."""
    names = {"loss": "loss", "val_loss": "val_loss", "mse": "mse", "val_mse": "val_mse"}
    for name, file in names.items():
        replace_file(folder / f"{file}_history.json", json.dumps(list(history.get(name, ()))).encode())
    with Plot(folder / "loss.png", "loss by epoch", "epoch", "mean absolute error") as axes:
        _curves(axes, history, "loss")
    with Plot(folder / "mse.png", "mean squared error by epoch", "epoch", "mean squared error") as axes:
        _curves(axes, history, "mse")
    with Plot(folder / "error_distribution.png", "error of the training rows", "mean absolute error", "rows") as axes:
        axes.hist(np.concatenate(errors), bins=50, color=BLUE)
        axes.axvline(threshold, color=RED, linestyle="--")


def _curves(axes: Any, history: Mapping[str, Sequence[float]], name: str) -> None:
    for key, colour in ((name, BLUE), (f"val_{name}", "#d29922")):
        values = history.get(key, ())
        axes.plot(range(1, len(values) + 1), values, color=colour, label=key)
    axes.legend()


def write_prediction(
    folder: Path, file: Path, table: Table, model: AmuletModel, errors: Numbers, threshold: float, result: str
) -> None:
    """Write a judged file: its rows, their reconstruction, errors and anomalies, `result`, and a plot over time."""
    columns = model.features.columns
    write_table(folder / "data_for_prediction.csv", [(file, table)], columns)
    reconstruction = Table(table.names, model.redrawn(table.rows))
    write_table(folder / "predicted_data.csv", [(file, reconstruction)], columns)
    write_csv(
        folder / "anomaly_results.csv",
        ("Loss_mae", "Threshold", "Anomaly"),
        (
            [name, float(error), threshold, not error <= threshold]
            for name, error in zip(table.names, errors, strict=True)
        ),
    )
    replace_file(folder / "result", f"{result}\n".encode())
    starts = [float(name.split("-")[0]) for name in table.names]
    with Plot(folder / "anomaly.png", f"{file.name}: {result}", "seconds", "mean absolute error") as axes:
        axes.plot(starts, errors, color=BLUE)
        axes.axhline(threshold, color=RED, linestyle="--")


class _Nothing:
    """Accepts every call that axes accept, and draws nothing."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


class Plot:
    """Context of one PNG plot; without matplotlib nothing is drawn, and only the tables hold the figures."""

    def __init__(self, place: Path, title: str, across: str, up: str) -> None:
        self._place = place
        self._figure: Any = None
        self._texts = {"title": title, "xlabel": across, "ylabel": up}

    def __enter__(self) -> Any:
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            self._figure = None
            return _Nothing()
        self._figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
        FigureCanvasAgg(self._figure)
        axes = self._figure.add_subplot()
        axes.set(**self._texts)
        return axes

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None and self._figure is not None:
            data = io.BytesIO()
            self._figure.savefig(data, format="png")
            replace_file(self._place, data.getvalue())
