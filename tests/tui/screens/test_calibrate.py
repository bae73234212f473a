"""Calibrating at the bench: by a target, or by hand."""

from __future__ import annotations

from core.commands import Calibrate, SaveThresholds, SetThreshold
from core.evaluation.model_review import examine
from core.recipes.recipe import Recipe
from tests.support.fake_station import with_image
from tests.tui.app.test_dashboard import screen_text
from tests.tui.app.test_shell import Bench, becomes, bench, running, shows
from tests.tui.screens.test_train import pump, text
from tui.app.shell import Shell
from tui.reports.target_table import target_rows
from tui.screens.calibrate import CalibrateScreen

__all__ = ["bench", "pump"]


def test_a_target_says_what_it_takes_and_costs(pump: Recipe) -> None:
    (found,) = examine(pump)
    told = dict(zip((costs.false_alarms for costs in found.costs), text(target_rows(found)), strict=True))
    # 30 taught pictures support 5 %, which takes 19, and not 1 %, which takes 99.
    assert told[0.05].split()[:3] == ["5", "%", "19"] and f"of {found.defects}" in told[0.05]
    assert told[0.01].split()[:3] == ["1", "%", "99!"] and "69 more good ones are needed" in told[0.01]
    assert max(map(len, told.values())) <= 76
    supported = [costs for costs in found.costs if costs.density is not None]
    densities = [costs.density for costs in supported]
    assert densities == sorted(densities, reverse=True)  # the fewer alarms, the lower the threshold
    assert all(costs.expected and costs.expected[0] < costs.false_alarms < costs.expected[1] for costs in supported)


async def test_a_chosen_target_is_applied_and_one_beyond_the_material_refused(bench: Bench, pump: Recipe) -> None:
    shell = Shell(pump, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        await pilot.press("4")
        assert isinstance(shell.screen, CalibrateScreen)
        await becomes(pilot, shell, shows(shell, "69 more good ones are needed"))
        await pilot.press("down", "enter")
        assert station.calls[-1] == Calibrate(0.1)
        await pilot.press("end", "enter")
        await becomes(pilot, shell, shows(shell, "it takes 999"))
        assert station.calls[-1] == Calibrate(0.1)
        await pilot.press("s")
        assert station.calls[-1] == SaveThresholds()


async def test_by_hand_the_journal_gets_the_reason(bench: Bench, pump: Recipe) -> None:
    shell = Shell(pump, bench.open)
    async with running(shell) as pilot:
        station = bench.stations["pump"]
        await pilot.press("4")
        before = station.now.image.thresholds
        assert before is not None
        await pilot.press("j", "L")
        lower, more = station.calls[-2:]
        assert lower == SetThreshold("density", round(before.density - before.density_step, 12), "key", "image",
                         "by hand, with a good part clamped")  # fmt: skip
        assert isinstance(more, SetThreshold)
        assert (more.which, more.value) == ("reconstruction_error", round(before.reconstruction_error + 0.001, 12))
        await becomes(pilot, shell, shows(shell, "* unsaved"))


async def test_without_a_model_it_says_what_to_do(bench: Bench) -> None:
    shell = Shell(bench.make("new"), bench.open)
    async with running(shell) as pilot:
        station = bench.stations["new"]
        station.publish(with_image(station.now, model=None, thresholds=None))
        await pilot.press("4")
        await becomes(pilot, shell, shows(shell, "nothing was learnt yet"))
        await pilot.press("enter")
        await becomes(pilot, shell, shows(shell, "there is no model to calibrate yet"))
        assert "Traceback" not in screen_text(shell)
