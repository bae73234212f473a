"""Sweep plots, their scale, the map and the preview, without a terminal."""

from __future__ import annotations

from core.state.material import Preview
from tests.support.fake_station import NOW, anomaly_map, judgement, preview, snapshot
from tui.view.view import View
from tui.widgets.banner import banner_lines
from tui.widgets.camera import camera_lines
from tui.widgets.pane import Line
from tui.widgets.picture import map_lines, preview_lines
from tui.widgets.plot_scale import Scale, fitted, kept_or_fitted
from tui.widgets.sweep_plot import COLUMN_SECONDS, Sweep, plot_lines
from tui.widgets.title_and_footer import footer_line, notice_line


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def test_the_cursor_wanders_and_old_points_stay() -> None:
    sweep = Sweep(10)
    for column in range(13):
        sweep.add(column * COLUMN_SECONDS, -3.0 - column, False)
    assert sweep.cursor == 2
    assert [c.low if c else None for c in sweep.columns[:4]] == [-13.0, -14.0, -15.0, -6.0]


def test_a_spike_of_one_sample_is_not_averaged_away() -> None:
    sweep = Sweep(10)
    for value, anomalous in ((-3.0, False), (-9.0, True), (-3.1, False)):
        sweep.add(0.1, value, anomalous)
    column = sweep.columns[0]
    assert column is not None and (column.low, column.high, column.anomalous) == (-9.0, -3.0, True)


def test_time_without_samples_is_a_gap() -> None:
    sweep = Sweep(10)
    sweep.add(0.0, -3.0, False)
    sweep.move_to(3 * COLUMN_SECONDS)
    sweep.add(3 * COLUMN_SECONDS, -3.0, False)
    assert [column is None for column in sweep.columns[:4]] == [False, True, True, False]


def test_a_wider_plot_keeps_what_was_drawn() -> None:
    sweep = Sweep(4)
    for column in range(6):
        sweep.add(column * COLUMN_SECONDS, float(column), False)
    sweep.resize(8)
    assert [c.low for c in sweep.columns if c] == [2.0, 3.0, 4.0, 5.0]
    sweep.resize(2)
    assert [c.low for c in sweep.columns if c] == [4.0, 5.0]


def test_values_beyond_the_scale_are_marked_at_its_edge() -> None:
    sweep = Sweep(8)
    sweep.add(0.0, -50.0, True)
    sweep.add(COLUMN_SECONDS, float("nan"), True)
    rows = plot_lines(sweep, Scale(-5.0, -1.0), -4.0, 6)
    assert text(rows[-1]).startswith("v")
    assert text(rows[0])[1] == "^"


def test_the_threshold_is_a_line_through_the_plot() -> None:
    rows = plot_lines(Sweep(20), Scale(-5.0, -1.0), -4.0, 8)
    drawn = [y for y, row in enumerate(rows) if "─" * 10 in text(row)]
    assert drawn == [5]


def test_the_scale_stands_still_while_the_threshold_moves_within_it() -> None:
    scale = fitted(-4.1, -2.9, 0.05, [])
    for threshold in (-4.2, -4.5, -3.8):
        assert kept_or_fitted(scale, threshold, -2.9, 0.05, [-2.9] * 20) is scale


def test_the_scale_follows_a_threshold_that_leaves_it() -> None:
    scale = fitted(-4.1, -2.9, 0.05, [])
    moved = kept_or_fitted(scale, -7.0, -2.9, 0.05, [])
    assert moved is not scale and moved.has(-7.0)


def test_a_single_outlier_does_not_squash_the_plot_but_a_shifted_process_is_shown() -> None:
    scale = fitted(-4.1, -2.9, 0.05, [])
    assert kept_or_fitted(scale, -4.1, -2.9, 0.05, [-2.9] * 30 + [-500.0]) is scale
    assert kept_or_fitted(scale, -4.1, -2.9, 0.05, [-8.0] * 30).has(-8.0)


def test_the_map_marks_the_hottest_cell_and_says_where_it_is() -> None:
    lines = map_lines(judgement(hot=7.4).map, 28, 15)
    assert len(lines) == 15
    assert "7.4 at row 7 col 10" in text(lines[0])
    assert text(lines[7])[18:20] == "*7"
    assert all(len(text(line)) == 28 for line in lines[1:])


def test_a_low_pane_shows_the_rows_around_the_hottest() -> None:
    lines = map_lines(judgement(hot=7.4).map, 28, 7)
    assert any("*7" in text(line) for line in lines)


def test_a_map_of_what_is_not_a_number_is_shown() -> None:
    scores = anomaly_map()
    scores[2, 3] = float("nan")
    lines = map_lines(scores, 28, 15)
    assert text(lines[3])[6:8] == "*?"


def test_the_preview_keeps_its_proportions_and_its_pane() -> None:
    for columns, rows, width, height in ((28, 15, 56, 42), (28, 15, 160, 20), (60, 10, 20, 60)):
        lines = preview_lines(preview(width, height), columns, rows, "ascii")
        assert 2 <= len(lines) <= rows
        assert max(len(text(line)) for line in lines) <= columns


def test_bright_is_dense_and_dark_is_empty() -> None:
    lines = preview_lines(Preview(8, 4, b"\x00\x00\x00\x00\xff\xff\xff\xff" * 4), 8, 3, "ascii")
    assert text(lines[1]) == "    @@@@"


def test_the_banner_says_its_word_in_words_at_every_size() -> None:
    for width, height in ((60, 3), (80, 3), (120, 7), (100, 7)):
        for view in (View(snapshot(), NOW), View(snapshot(paused=True), NOW), View(snapshot(stopped=True), NOW)):
            lines = banner_lines(view, width, height)
            assert len(lines) == height
            assert any(view.headline in text(line) for line in lines)
            assert all(len(text(line)) <= width for line in lines)


def test_a_frame_that_grows_old_is_said_although_the_camera_calls_itself_live() -> None:
    fresh = camera_lines(View(snapshot(), NOW), 28, 4)
    old = camera_lines(View(snapshot(), NOW + 2.4), 28, 4)
    assert text(fresh[0]).endswith("live") and "frame 0.1 s ago" in text(fresh[2])
    assert text(old[0]).endswith("STALE") and "last frame 2.5 s ago" in text(old[2])


def test_a_fault_of_the_station_is_a_warning() -> None:
    assert "warning: the disk is full" in text(notice_line(View(snapshot(fault="the disk is full"), NOW)))


def test_the_footer_fits_and_always_offers_help_and_quit() -> None:
    for width in (60, 80, 120):
        shown = text(footer_line(View(snapshot(), NOW), width))
        assert len(shown) <= width
        assert "? help" in shown and "q quit" in shown
