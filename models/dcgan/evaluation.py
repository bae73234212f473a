"""Measures how well the DCGAN separates good from defective sound: the ROC curve over every threshold."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.runtime.atomic_files import replace_file
from models.dcgan.detection import MEASURES, Judged

Numbers = npt.NDArray[np.float64]


def sweep(good: Numbers, bad: Numbers) -> Numbers:
    """Return (k, 3) threshold, false positive rate, true positive rate, for scores of good (n,) and bad (m,) seconds.

    A score above the threshold is an anomaly; the thresholds rise from one that calls everything an anomaly to one
    that calls nothing.
    """
    scores = np.unique(np.concatenate([good, bad]))
    thresholds = np.concatenate([[np.nextafter(scores[0], -np.inf)], scores])
    rates = [[np.mean(of_kind > threshold) for of_kind in (good, bad)] for threshold in thresholds]
    return np.column_stack([thresholds, np.array(rates)])


def area(curve: Numbers) -> float:
    """Return the area under the curve of `sweep`, 0..1."""
    return float(-np.trapezoid(curve[:, 2], curve[:, 1]))


def best(curve: Numbers) -> tuple[float, float, float]:
    """Return the threshold at which the true positive rate exceeds the false positive rate most (Youden), then the
    false and the true positive rate there."""
    threshold, false, true = curve[int(np.argmax(curve[:, 2] - curve[:, 1]))]
    return float(threshold), float(false), float(true)


def write(folder: Path, good: Judged, bad: Judged) -> list[str]:
    """Write `roc.csv` and `roc.png` into the folder; returns a sentence per measure. Raises GoodpartError."""
    curves = {name: sweep(getattr(good, name), getattr(bad, name)) for name in MEASURES}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["measure", "threshold", "false_positive_rate", "true_positive_rate"])
    for name, curve in curves.items():
        writer.writerows([name, *(f"{value:.6g}" for value in row)] for row in curve)
    replace_file(folder / "roc.csv", text.getvalue().encode())
    replace_file(folder / "roc.png", drawn(curves))
    sentences = []
    for name, curve in curves.items():
        threshold, false, true = best(curve)
        sentences.append(
            f"{name}: AUROC {area(curve):.3f}; threshold {threshold:.4g} finds {100 * true:.0f} % of the defective"
            f" seconds and calls {100 * false:.0f} % of the good ones"
        )
    return sentences


def drawn(curves: dict[str, Numbers]) -> bytes:
    """Return a plot of the curves by name as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="tight")
    axes = figure.add_subplot()
    for name, curve in curves.items():
        axes.plot(curve[:, 1], curve[:, 2], drawstyle="steps-post", label=f"{name}, {area(curve):.3f}")
    axes.plot([0, 1], [0, 1], color="#8b949e", linewidth=0.8, linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.legend(loc="lower right", title="area under the curve")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
