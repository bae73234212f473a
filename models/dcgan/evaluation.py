"""How well the DCGAN tells good sound from defective: every threshold, its true and false positive rate, the curve."""

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
    """(k, 3) threshold, false positive rate, true positive rate; a score beyond the threshold is called. From the
    threshold that calls all to the one that calls none."""
    scores = np.unique(np.concatenate([good, bad]))
    thresholds = np.concatenate([[np.nextafter(scores[0], -np.inf)], scores])
    rates = [[np.mean(part > threshold) for part in (good, bad)] for threshold in thresholds]
    return np.column_stack([thresholds, np.array(rates)])


def area(curve: Numbers) -> float:
    """Under the curve of `sweep`."""
    return float(-np.trapezoid(curve[:, 2], curve[:, 1]))


def best(curve: Numbers) -> tuple[float, float, float]:
    """The threshold at which the true positive rate is furthest above the false one (Youden), and both rates."""
    threshold, false, true = curve[int(np.argmax(curve[:, 2] - curve[:, 1]))]
    return float(threshold), float(false), float(true)


def write(folder: Path, good: Judged, bad: Judged) -> list[str]:
    """`roc.csv` and `roc.png`; a sentence for each measure. Raises GoodpartError."""
    curves = {name: sweep(getattr(good, name), getattr(bad, name)) for name in MEASURES}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["measure", "threshold", "false_positive_rate", "true_positive_rate"])
    for name, curve in curves.items():
        writer.writerows([name, *(f"{value:.6g}" for value in row)] for row in curve)
    replace_file(folder / "roc.csv", text.getvalue().encode())
    replace_file(folder / "roc.png", drawn(curves))
    told = []
    for name, curve in curves.items():
        threshold, false, true = best(curve)
        told.append(
            f"{name}: AUROC {area(curve):.3f}; threshold {threshold:.4g} finds {100 * true:.0f} % of the defective"
            f" seconds and calls {100 * false:.0f} % of the good ones"
        )
    return told


def drawn(curves: dict[str, Numbers]) -> bytes:
    """PNG."""
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
