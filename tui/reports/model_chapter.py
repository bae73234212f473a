"""The chapter of the report on one sense: the model, its thresholds, and how well it separates good and defective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.bundle import Bundle, read_bundle
from core.decision.calibration import band, needed_for, percent
from core.decision.thresholds import expected, rule_of
from core.errors import GoodpartError
from core.evaluation.defect_test import WORST, DefectTest, GoodScores, JudgedSample, Progress, separate
from core.evaluation.statistics import rate_interval, roc
from core.features.image.picture import crop, decode_picture
from core.inference.image_judge import ImageJudge
from core.recipes.recipe import Recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense, Thresholds
from tui.reports import html, svg
from tui.reports.pictures import data_uri


def chapter(recipe: Recipe, sense: Sense, progress: Progress) -> Iterator[str]:
    """Yield the HTML of the chapter. Raises GoodpartError if the model cannot be used, after the parts that do not
    need it."""
    yield html.heading(2, SENSE_WORDS[sense].stream.capitalize())
    bundle = read_bundle(recipe.bundle(sense))
    yield from _learnt(sense, bundle)
    found = separate(recipe, sense, bundle, progress)
    yield from _thresholds(recipe, sense, bundle, found.thresholds)
    yield from _distributions(sense, found)
    yield from _separation(sense, found)
    if sense == "image":
        yield from _image_examples(recipe, bundle, found)
    else:
        yield from _sound_examples(found)


def _learnt(sense: Sense, bundle: Bundle) -> Iterator[str]:
    facts = bundle.facts
    yield html.heading(3, "What was learnt")
    rows: list[tuple[str, object]] = [
        ("method", bundle.method),
        ("backbone", facts.get("backbone") or "none"),
        ("learnt from", f"{facts.get('taught', '?')} good {SENSE_WORDS[sense].files}"),
        ("at", facts.get("trained_at", "?")),
        ("model", bundle.id),
        ("seed", facts.get("seed", "?")),
    ]
    if "distinct" in facts:
        rows.insert(3, ("not near-duplicates", facts["distinct"]))
    if "seconds" in facts:
        rows.insert(3, ("minutes of sound", f"{float(facts['seconds']) / 60:.1f}"))
    versions = facts.get("versions")
    if isinstance(versions, dict):
        rows.append(("versions", ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))))
    yield html.facts(rows)
    for note in facts.get("notes", ()):
        yield html.paragraph(str(note), "warning")


def _thresholds(recipe: Recipe, sense: Sense, bundle: Bundle, t: Thresholds) -> Iterator[str]:
    table, target = recipe.table(sense), recipe.false_alarms
    rule = rule_of(table, bundle.method)
    yield html.heading(3, "Thresholds")
    yield html.facts(
        [
            ("rule", t.rule),
            ("density", f"below {t.density:.6g} it alone would alarm; typical {t.typical_density:.6g}"),
            (
                "reconstruction error",
                f"above {t.reconstruction_error:.6g} it alone would alarm; typical {t.typical_error:.6g}",
            ),
            ("set by", t.by or "unknown"),
            ("allowed false alarms", f"{percent(target)} of good {SENSE_WORDS[sense].files}"),
            ("needed", f"{needed_for(rule, target)} held-out good scores; there are {bundle.held_out.count}"),
            ("expected", expected(bundle, table, target)),
        ]
    )
    if bundle.held_out.recording is None and bundle.held_out.count >= needed_for(rule, target):
        low, high = band(bundle.held_out.count, target)
        yield html.paragraph(
            f"In nine of ten such calibrations, thresholds from {bundle.held_out.count} good scores give between"
            f" {percent(low)} and {percent(high)} false alarms.",
            "dim",
        )


def _distributions(sense: Sense, found: DefectTest) -> Iterator[str]:
    yield html.heading(3, "Scores")
    many = SENSE_WORDS[sense].files
    legend = f"Filled: {len(found.good.share)} good {many}, each scored by a model that did not learn from it."
    if found.defects:
        legend += f" Outlined: {len(found.defects)} defective ones."
    if sense == "sound":
        legend += " A recording counts with its worst stretch."
    yield html.paragraph(legend, "dim")
    good, t = found.good, found.thresholds
    defect = [(case.density, case.reconstruction_error) for case in found.defects]
    scores = np.array(defect, np.float64).reshape(-1, 2)
    if len(np.unique(good.density)) > 1:
        yield html.figure(svg.histogram("density (higher is more normal)", good.density, scores[:, 0], t.density))
    if len(np.unique(good.reconstruction_error)) > 1:
        name = "reconstruction error (higher is less normal)"
        yield html.figure(svg.histogram(name, good.reconstruction_error, scores[:, 1], t.reconstruction_error))
    yield html.figure(svg.histogram("share of the alarm level (rule joined)", good.share, found.defect_share, 1.0))


def _separation(sense: Sense, found: DefectTest) -> Iterator[str]:
    yield html.heading(3, "How it separates")
    good, many = len(found.good.share), SENSE_WORDS[sense].files
    low, high = rate_interval(found.false_alarms, good)
    alarms = (
        "held-out false alarms",
        f"{found.false_alarms} of {good} ({_percent(found.false_alarms, good)}; 95 % interval {percent(low)} to"
        f" {percent(high)}); the thresholds are set from the same scores",
    )
    if found.auroc is None or found.interval is None:
        yield html.facts([alarms])
        yield html.paragraph(
            f"There are no defective {many} to test with. `goodpart teach` with --defect puts some aside; they are"
            " never learnt from."
        )
    else:
        count = len(found.defects)
        low, high = rate_interval(found.misses, count)
        yield html.facts(
            [
                (
                    "AUROC",
                    f"{found.auroc:.4f} (95 % interval {found.interval[0]:.3f} to {found.interval[1]:.3f}, Newcombe's"
                    " score interval on the variance of Hanley and McNeil)",
                ),
                (
                    "misses",
                    f"{found.misses} of {count} ({_percent(found.misses, count)}; 95 % interval {percent(low)} to"
                    f" {percent(high)})",
                ),
                ("UNKNOWN", f"{found.unknown} of {count}: could not be trusted"),
                alarms,
            ]
        )
        corners = roc(found.good.share, found.defect_share)
        drawn = svg.curve(
            corners,
            found.false_alarms / good,
            float(np.mean(found.defect_share > 1.0)),
            "receiver operating characteristic",
        )
        yield html.figure(drawn, "The dot marks the thresholds.")
    for sentence in found.refused:
        yield html.paragraph(sentence, "warning")


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "-"


# Examples.


def _image_examples(recipe: Recipe, bundle: Bundle, found: DefectTest) -> Iterator[str]:
    judge = ImageJudge(recipe, bundle)
    if found.defects:
        yield html.heading(3, "The defects that look most like good parts")
        yield html.cards(_shown(judge, case) for case in found.worst)
        best = found.defects[::-1][:WORST]
        yield html.heading(3, "The defects that are found most clearly")
        yield html.cards(_shown(judge, case) for case in best if case not in found.worst)
    chosen = _by_share(recipe.good_images, found.good)
    if chosen:
        yield html.heading(3, "The good parts that look least and most like the others")
        yield html.paragraph(
            "The share of the alarm level comes from a model that did not learn from the picture; the map comes from"
            " the model in use, which did.",
            "dim",
        )
        yield html.cards(_good(judge, path, share) for path, share in chosen)


def _by_share(folder: Path, good: GoodScores) -> list[tuple[Path, float]]:
    """Return the three worst and the best of the good pictures whose files still exist."""
    if not good.names:
        return []
    order = [int(index) for index in np.argsort(-good.share)]
    existing = [(folder / Path(good.names[index]).name, float(good.share[index])) for index in order]
    existing = [(path, share) for path, share in existing if path.is_file()]
    return [*existing[:WORST], *existing[max(WORST, len(existing) - 1) :]]


def _caption(case: JudgedSample) -> str:
    if case.state == "OK":
        return f"{case.path.name}: missed, {case.reason}"
    return f"{case.path.name}: {case.state} ({_level(case.share)}), {case.reason}"


def _level(share: float) -> str:
    return f"{max(0.0, 100 * share):.0f} % of the alarm level"


def _shown(judge: ImageJudge, case: JudgedSample) -> tuple[str, str, str]:
    picture = crop(decode_picture(case.path), judge.region)
    return data_uri(picture, case.map), f"{case.path.name}, beside it where it differs", _caption(case)


def _good(judge: ImageJudge, path: Path, share: float) -> tuple[str, str, str]:
    try:
        picture = decode_picture(path)
    except GoodpartError as error:
        return "data:,", path.name, str(error)
    below = f"{path.name}: {_level(share)}"
    return data_uri(crop(picture, judge.region), judge(picture).map), f"{path.name}, beside it where it differs", below


def _sound_examples(found: DefectTest) -> Iterator[str]:
    if found.good.names:
        yield html.heading(3, "The good recordings that sound least like the others")
        worst = [int(index) for index in np.argsort(-found.good.share)[:WORST]]
        yield html.facts((found.good.names[index], _level(float(found.good.share[index]))) for index in worst)
    if not found.defects:
        return
    yield html.heading(3, "The defects that sound most like good ones")
    yield from map(_trace, found.worst)
    best: Sequence[JudgedSample] = [case for case in found.defects[::-1][:WORST] if case not in found.worst]
    if best:
        yield html.heading(3, "The defects that are heard most clearly")
        yield from map(_trace, best)


def _trace(case: JudgedSample) -> str:
    assert case.trace is not None
    return html.figure(svg.over_time(case.trace[:, 0], case.trace[:, 1], case.path.name), _caption(case))
