"""goodpart compare: which method tells this part's good samples from its known defects."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from core.errors import GoodpartError
from core.evaluation.comparison import (
    Comparison,
    contest_file,
    figures,
    read_contest,
    to_json,
)
from core.evaluation.recommendation import Recommendation, advise
from core.methods import METHODS, TRIVIAL, candidates_of
from core.recipes.recipe import Recipe, open_recipe
from core.state.sense_words import SENSE_WORDS
from core.state.verdict import Sense
from tui.cli.training import run_training
from tui.reports.comparison_table import comparison_lines

SENSES: tuple[Sense, ...] = get_args(Sense)
ALWAYS = "trivial"
"""Names the trivial numbers, which take part whether they are named or not."""
CANCELLED = "the comparison was cancelled; the last one that was finished stays"


def run(options: argparse.Namespace) -> int:
    recipe = open_recipe(options.recipe)
    asked = by_sense(recipe, options)
    told: dict[Sense, tuple[Comparison, Recommendation]] = {}
    for sense, methods in asked.items():
        if not options.last:
            run_comparison(recipe, sense, methods, options)
        contest = read_contest(contest_file(recipe, sense))
        told[sense] = contest, advise(contest)
    for contest, advice in told.values():
        print(json.dumps(as_json(contest, advice)) if options.json else "\n".join(printed_lines(contest, advice)))
    if options.output:
        from tui.reports.comparison import write_report

        write_report(options.output.expanduser().absolute(), recipe, list(told.values()))
        if not options.json:
            print(f"report {options.output}")
    if options.use is not None:
        said = use_method(recipe, told, options.use)
        if not options.json:
            print(said)
    return 0


def by_sense(recipe: Recipe, options: argparse.Namespace) -> dict[Sense, Sequence[str]]:
    """What is to be compared. Raises GoodpartError for a method that is none, or of a sense that is not asked for."""
    senses: Sequence[Sense] = [options.sense] if options.sense else [s for s in recipe.senses if recipe.holds_good(s)]
    if options.last and not options.sense:
        senses = [sense for sense in ("image", "sound") if contest_file(recipe, sense).exists()] or list(recipe.senses)
    elif not options.sense:
        # A sense without known defects is no reason not to compare by the other.
        known = [sense for sense in senses if any(recipe.material(sense, defect=True).glob("[!.]*"))]
        senses = known or senses
    if not options.methods:
        return dict.fromkeys(senses or recipe.senses, ())
    words = [word for word in options.methods if word.lower() != ALWAYS]
    if not words:
        return {sense: list(TRIVIAL[sense]) for sense in senses or recipe.senses}
    named: dict[Sense, list[str]] = {}
    for word in words:
        name = candidate_name(word)
        sense = next(sense for sense in SENSES if name in candidates_of(sense))
        if options.sense and sense != options.sense:
            raise GoodpartError(f"--methods {word}: is not a method of the sense {options.sense}")
        named.setdefault(sense, []).append(name)
    return dict(named)


def candidate_name(word: str) -> str:
    """`filter-bank` is `filter bank`. Raises GoodpartError."""
    names = [name for sense in SENSES for name in candidates_of(sense)]
    for name in names:
        if word.lower().replace("-", " ") == name.replace("-", " "):
            return name
    raise GoodpartError(f"{word!r} is not a method: {', '.join(name.replace(' ', '-') for name in names)}")


def run_comparison(recipe: Recipe, sense: Sense, methods: Sequence[str], options: argparse.Namespace) -> None:
    """Raises GoodpartError, and KeyboardInterrupt once the process has ended."""
    if not os.access(recipe.folder, os.W_OK):
        raise GoodpartError(f"{recipe.folder}: cannot be written (read-only); nothing was compared")
    job = {
        "sense": sense,
        "methods": list(methods),
        "folds": options.folds,
        "epochs": options.epochs,
        "dcgan_epochs": options.dcgan_epochs,
        "seed": options.seed,
    }
    run_training(recipe.folder, [json.dumps(job)], "models.comparison.run", CANCELLED)


def printed_lines(contest: Comparison, advice: Recommendation) -> list[str]:
    what = SENSE_WORDS[contest.sense].files
    settings = contest.settings
    lines = [
        f"{contest.recipe}: {len(contest.good)} good and {len(contest.defects)} defective {what}, {contest.when[:10]},"
        f" {contest.machine}",
        f"{settings['folds']} folds; thresholds for {100 * contest.target:g} % false alarms",
        "",
        *comparison_lines(contest),
    ]
    lines += ["", *(f"{entry.method}: {note}" for entry in contest.entries for note in entry.notes)]
    lines += [*contest.twins[:5], *contest.refused]
    return [*lines, "", advice.sentence, advice.doubt]


def as_json(contest: Comparison, advice: Recommendation) -> dict[str, Any]:
    said = to_json(contest)
    for entry, shown in zip(contest.entries, said["entries"], strict=True):
        shown |= asdict(figures(contest, entry))
    return said | {"advice": asdict(advice)}


def use_method(recipe: Recipe, told: Mapping[Sense, tuple[Comparison, Recommendation]], word: str) -> str:
    """Set the method; what to do next. Raises GoodpartError where nothing is recommended, or it cannot be set."""
    if word:
        name = candidate_name(word)
        chosen = {METHODS[name].sense: name} if name in METHODS else {}
        if not chosen:
            raise GoodpartError(f"{name} stands beside for comparison; a recipe can be set to " + ", ".join(METHODS))
    else:
        chosen = {sense: advice.method for sense, (_, advice) in told.items() if advice.method}
        if not chosen:
            raise GoodpartError("nothing was set: there is no recommendation; name the method to use one all the same")
    for sense, method in chosen.items():
        recipe.change(sense, {"method": method})
    words = " and ".join(f"{sense} method {method}" for sense, method in chosen.items())
    return f"recipe.toml says {words} now; `goodpart train {recipe.name}` learns it"
