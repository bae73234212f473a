"""What learning costs: `python -m tests.bench.learning [N ...]`. The method `features` with a converted backbone.

Prints seconds and the largest resident memory of the training process for N good pictures (30 and 500); the pictures
are those of the solar cells where the data sets are, else of the simulated bench.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import cv2

from core.dataset.add_images import pictures_in, teach_pictures
from core.recipes.recipe import new_recipe
from core.sources.simulated.camera import good_pictures
from models.image.backbone import backbone_or_none
from tests.bench.process import run_measured
from tests.support.data import find_data

BARS = {30: (10.0, 400.0), 500: (60.0, 400.0)}


def learn_once(count: int, folder: Path) -> tuple[float, float]:
    """Seconds and MB."""
    recipe = new_recipe(str(folder / f"of {count}"))
    teach_pictures(recipe.good_images, _pictures(count, folder), link=True)
    return run_measured([sys.executable, "-m", "models.train", str(recipe.folder)])


def _pictures(count: int, folder: Path) -> list[Path]:
    cells = find_data("images/solar_cells/good")
    if cells is not None:
        return pictures_in(cells)[:count]
    made = folder / f"{count} parts"
    made.mkdir()
    for number, picture in enumerate(itertools.islice(good_pictures(count), count)):
        cv2.imwrite(str(made / f"{number}.jpg"), picture)
    return pictures_in(made)


def main() -> None:
    backbone_or_none(lambda *_, **__: None)
    with tempfile.TemporaryDirectory() as folder:
        for count in [int(word) for word in sys.argv[1:]] or sorted(BARS):
            seconds, megabytes = learn_once(count, Path(folder))
            bar = "   (bars {:g} s, {:g} MB)".format(*BARS[count]) if count in BARS else ""
            print(f"{count} pictures: {seconds:.1f} s, {megabytes:.0f} MB{bar}", flush=True)


if __name__ == "__main__":
    main()
