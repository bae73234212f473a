"""goodpart compare: compares how well each method separates this part's good samples from its known defects."""

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
"""The name of the trivial scores on the command line; they take part even if they are not named."""
CANCELLED = "the comparison was cancelled; the last finished one is kept"


def run(options: argparse.Namespace) -> int:
    """Compare, or show the last comparison; print it, write the report and set the method as the options ask."""
    recipe = open_recipe(options.recipe)
    asked = by_sense(recipe, options)
    results: dict[Sense, tuple[Comparison, Recommendation]] = {}
    for sense, methods in asked.items():
        if not options.last:
            run_comparison(recipe, sense, methods, options)
        comparison = read_contest(contest_file(recipe, sense))
        results[sense] = comparison, advise(comparison)
    for comparison, advice in results.values():
        print(json.dumps(as_json(comparison, advice)) if options.json else "\n".join(printed_lines(comparison, advice)))
    if options.output:
        from tui.reports.comparison import write_report

        write_report(options.output.expanduser().absolute(), recipe, list(results.values()))
        if not options.json:
            print(f"report {options.output}")
    if options.use is not None:
        next_step = use_method(recipe, results, options.use)
        if not options.json:
            print(next_step)
    return 0


def by_sense(recipe: Recipe, options: argparse.Namespace) -> dict[Sense, Sequence[str]]:
    """Return the methods to compare per sense; an empty list means all of them.

    Raises GoodpartError if a method does not exist or belongs to a sense that `--sense` excludes.
    """
    senses: Sequence[Sense] = [options.sense] if options.sense else [s for s in recipe.senses if recipe.holds_good(s)]
    if options.last and not options.sense:
        senses = [sense for sense in ("image", "sound") if contest_file(recipe, sense).exists()] or list(recipe.senses)
    elif not options.sense:
        # If only one sense has known defects, compare by that one.
        with_defects = [sense for sense in senses if any(recipe.material(sense, defect=True).glob("[!.]*"))]
        senses = with_defects or senses
    if not options.methods:
        return dict.fromkeys(senses or recipe.senses, ())
    typed = [name for name in options.methods if name.lower() != ALWAYS]
    if not typed:
        return {sense: list(TRIVIAL[sense]) for sense in senses or recipe.senses}
    named: dict[Sense, list[str]] = {}
    for word in typed:
        name = candidate_name(word)
        sense = next(sense for sense in SENSES if name in candidates_of(sense))
        if options.sense and sense != options.sense:
            raise GoodpartError(f"--methods {word}: this is not a method of the sense {options.sense}")
        named.setdefault(sense, []).append(name)
    return dict(named)


def candidate_name(word: str) -> str:
    """Return the method or variant that is typed as `word`: `filter-bank` is `filter bank`.

    Raises GoodpartError if it does not exist.
    """
    names = [name for sense in SENSES for name in candidates_of(sense)]
    for name in names:
        if word.lower().replace("-", " ") == name.replace("-", " "):
            return name
    raise GoodpartError(f"{word!r} is not a method: {', '.join(name.replace(' ', '-') for name in names)}")


def run_comparison(recipe: Recipe, sense: Sense, methods: Sequence[str], options: argparse.Namespace) -> None:
    """Compare the methods in a separate process, which writes the result into the recipe's folder.

    Raises GoodpartError if it fails, and KeyboardInterrupt after Ctrl-C, once the process has ended.
    """
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


def printed_lines(comparison: Comparison, advice: Recommendation) -> list[str]:
    """Return the comparison as lines of text: its samples, a table, notes and the recommendation."""
    what = SENSE_WORDS[comparison.sense].files
    settings = comparison.settings
    lines = [
        f"{comparison.recipe}: {len(comparison.good)} good and {len(comparison.defects)} defective {what},"
        f" {comparison.when[:10]}, {comparison.machine}",
        f"{settings['folds']} folds; thresholds for {100 * comparison.target:g} % false alarms",
        "",
        *comparison_lines(comparison),
    ]
    lines += ["", *(f"{entry.method}: {note}" for entry in comparison.entries for note in entry.notes)]
    lines += [*comparison.twins[:5], *comparison.refused]
    return [*lines, "", advice.sentence, advice.doubt]


def as_json(comparison: Comparison, advice: Recommendation) -> dict[str, Any]:
    """Return the comparison with the figures of every method and the recommendation."""
    result = to_json(comparison)
    for entry, row in zip(comparison.entries, result["entries"], strict=True):
        row |= asdict(figures(comparison, entry))
    return result | {"advice": asdict(advice)}


def use_method(recipe: Recipe, results: Mapping[Sense, tuple[Comparison, Recommendation]], word: str) -> str:
    """Set the recipe's method to the one typed as `word`, or to the recommended ones if it is empty.

    Returns a sentence on what to do next. Raises GoodpartError if there is no recommendation, or if a recipe cannot use
    the method.
    """
    if word:
        name = candidate_name(word)
        chosen = {METHODS[name].sense: name} if name in METHODS else {}
        if not chosen:
            raise GoodpartError(f"{name} only takes part for comparison; a recipe can use " + ", ".join(METHODS))
    else:
        chosen = {sense: advice.method for sense, (_, advice) in results.items() if advice.method}
        if not chosen:
            raise GoodpartError("nothing was set: there is no recommendation; name the method to use one anyway")
    for sense, method in chosen.items():
        recipe.change(sense, {"method": method})
    methods = " and ".join(f"{sense} method {method}" for sense, method in chosen.items())
    return f"recipe.toml now has {methods}; `goodpart train {recipe.name}` learns it"
