"""The dataset pane: every observation with its split, a new split, long files and odd names."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from screen import sitting_at

from tempfit_tui.ui.panes.dataset import Numbers

CASES = Path(__file__).parent / "cases"

FIT = 20
"""The fit chart lies below this line of a screen of 40."""


def validating(person):
    """Return the rows marked so in the pane."""
    rows = [line.split("│")[1].split() for line in person.lines[1:15] if "◆ val" in line[:35]]
    return [int(row[0]) for row in rows]


def diamonds(person):
    """Return how many validation rows are drawn in the fit chart, its legend apart."""
    return sum(line[35:].count("◆") for line in person.lines[FIT:]) - 1


async def test_p_draws_other_rows_and_chart_and_pane_agree():
    async with sitting_at() as person:
        assert validating(person) == [0, 3]
        drawn = []
        for _ in range(3):
            await person.press("p")
            await person.until(
                lambda: validating(person) == sorted(person.trainer.seen.setup.validation),
                "the rows of the split",
            )
            await person.until(lambda: diamonds(person) == 2, "the same in the chart")
            drawn.append(validating(person))
        assert drawn[0] != drawn[1] != drawn[2]
        assert "9 train · 2 validation" in person.text


async def test_p_asks_once_where_a_run_would_be_lost():
    async with sitting_at() as person:
        await person.steps(1)
        await person.press("p")
        await person.sees("Draw other validation rows (fraction 0.2, seed 0)?", "start anew")
        await person.press("escape")
        await person.misses("Draw other")
        assert validating(person) == [0, 3]
        await person.press("p")
        await person.sees("seed 0")
        await person.press("enter")
        await person.sees("epoch 0 ", "not started")
        await person.steps(1)
        await person.press("p")
        await person.sees("seed 1")


async def test_a_double_press_asks_one_question():
    async with sitting_at() as person:
        await person.steps(1)
        await person.presses_at_once("p", "p")
        await person.sees("Draw other")
        await person.press("escape")
        await person.misses("Draw other")


async def test_without_validation_it_says_so():
    async with sitting_at("autograd") as person:
        assert "11 train · none validates" in person.text
        assert validating(person) == []
        assert "val —" in person.status


async def test_a_file_with_too_few_rows_to_validate_says_so(tmp_path):
    file = tmp_path / "four.csv"
    file.write_text("x,y\n1,1\n2,2\n3,4\n4,4\n")
    async with sitting_at(file) as person:
        assert "too few rows to validate" in person.text
        await person.steps(1)
        assert "val —" in person.status


async def test_a_long_table_scrolls_and_mounts_nothing(tmp_path):
    file = tmp_path / "long.csv"
    count = 200_000
    file.write_text("x,y\n" + "".join(f"{row},{row % 97}\n" for row in range(count)))
    async with sitting_at(file) as person:
        widgets = len(person.app.main.query("*"))
        assert "─ 160,000 train · 40,000 val ─" in person.text
        await person.press("1")
        assert "      0       0       0  ● train" in person.text
        await person.press("end")
        await person.sees(f"{count - 1}")
        assert "#" in person.lines[2]
        await person.press("home", "pagedown")
        await person.misses("      0       0       0 ")
        await person.press("home", "down", "down")
        await person.sees("      2       2       2 ")
        await person.misses("      1       1       1 ")
        assert len(person.app.main.query("*")) == widgets


@pytest.mark.parametrize(
    ("x_name", "y_name", "shown"),
    [
        ("[red]", "[/]", ("[red]", "[/]")),
        ("[@click=app.quit]q", "[b]y[/b]", ("[@click=…", "[b]y[/b]")),
        ("\x1b[31mt", "a\tb", (r"\x1b[31mt", r"a\tb")),
    ],
)
async def test_a_files_words_are_shown_as_they_stand(tmp_path, x_name, y_name, shown):
    file = tmp_path / "[bold]me[b].csv"
    file.write_text(f'"{x_name}","{y_name}"\n1,1\n2,2\n3,4\n4,4\n5,6\n')
    async with sitting_at(file) as person:
        assert "[bold]me[b].csv" in person.title
        assert shown[0] in person.lines[2]
        assert shown[1] in person.lines[2]
        await person.press("n", "4", "4")
        await person.sees("1 forward", "2 loss")
        assert "\x1b" not in person.text
        assert f"y = {shown[1]}" in person.text or f"y = z({shown[1]})" in person.text


async def test_odd_numbers_are_shown_as_they_are_and_long_names_in_full_above(tmp_path):
    file = tmp_path / "odd.csv"
    file.write_text("a_name_longer_than_its_column,y\n-1234567.25,1e-9\n0.123456789,2\n1e17,-3.5\n")
    async with sitting_at(file) as person:
        header, *rows = (line.split("│")[1].rstrip() for line in person.lines[2:8])
        assert header.split() == ["#", "a_name_l…", "y"]
        assert rows == [
            " · input x:",
            "   a_name_longer_than_its_column,",
            "   target y: y",
            "  0 -1234567.25           1e-9  ●",
            "  1        0.123456789    2.0   ●",
        ]


def left_pane(person, lines):
    """Return these lines of the pane, without its border."""
    return [line.split("│")[1].rstrip() for line in person.lines[lines]]


async def test_numbers_stand_as_in_the_file_at_the_point():
    async with sitting_at(CASES / "unix-time.csv") as person:
        assert left_pane(person, slice(2, 6)) == [
            "  #       time  temp_C  split",
            "  0 1717200000   21.0   ● train",
            "  1 1717200600   21.07  ● train",
            "  2 1717201200   20.97  ● train",
        ]
    async with sitting_at(CASES / "small-units.csv") as person:
        assert left_pane(person, slice(3, 5)) == [
            "  0     294 0.000012  ● train",
            "  1     305 0.000461  ● train",
        ]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_what_was_decided_is_shown_above_the_rows_in_full(size):
    async with sitting_at(CASES / "index-column.csv", size=size) as person:
        if size == (80, 24):
            await person.press("1")
        await person.sees("not used: sold", "column 1 has no name")
        shown = " ".join(line.split("│")[1].strip() for line in person.lines[3:15] if "│" in line)
        for decision in person.app.main._table.decisions[1:]:
            assert decision in " ".join(shown.split())
        assert "  0      12.0     3.1  ● train" in person.text


async def test_what_was_decided_scrolls_with_the_rows_and_wraps_again():
    async with sitting_at(CASES / "sentinel-200.csv") as person:
        await person.press("1")
        await person.sees(" · -200 is in 3 of 10 rows, far ")
        await person.press("end")
        await person.misses("-200 is in 3 of 10 rows")
        await person.sees("  9    18.0    -200")
        await person.press("home")
        await person.resize(90, 24)
        await person.sees("-200 is in 3 of 10 rows, far from all other values of temp (4.5 to 18)")


@pytest.mark.parametrize(
    ("values", "width", "cells"),
    [
        ([1717200000, 1717200600], None, ["1717200000", "1717200600"]),
        ([9.14, 8.1, 8], None, ["9.14", "8.1 ", "8.0 "]),
        ([12, -3.25, 1000], None, ["  12.0 ", "  -3.25", "1000.0 "]),
        ([1.2e-5, 45.5], None, [" 0.000012", "45.5     "]),
        ([3.5e-7, 2], None, ["3.5e-7", "2.0   "]),
        ([5e20, 2], None, ["5e20", "2   "]),
        ([-2.993109518, 1], 8, ["-2.9931…", "     1.0"]),
        ([3.269722766e-7, 9.872768433e-7], 10, ["3.2697…e-7", "9.8727…e-7"]),
        ([170000000000000, 1], 7, [" 1.7e14", "      1"]),
    ],
)
def test_a_column_is_aligned_at_the_point(values, width, cells):
    column = Numbers(list(map(float, values)), "x")
    column.width = width or column.wanted
    assert [column.cell(float(value)) for value in values] == cells
    assert {len(cell) for cell in cells} == {column.width}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@settings(deadline=None)
def test_a_column_with_room_shows_every_value_exactly(values):
    column = Numbers(values, "name")
    cells = [column.cell(value) for value in values]
    assert [float(cell) for cell in cells] == values
    assert {len(cell) for cell in cells} == {column.wanted}
    column.width = 7
    assert {len(column.cell(value)) for value in values} == {7}


def borders(lines):
    """Return the cells (column, row) of the panes' upright borders and corners."""
    return {
        (cell_len(line[:place]), row)
        for row, line in enumerate(lines)
        for place, letter in enumerate(line)
        if letter in "│╭╮╰╯┤└"
    }


WIDE = {
    "CJK": ("摄氏温度", "华氏温度计的读数"),
    "full width": ("ｔ＿ｕ", "ﾃｽﾄ"),
    "emoji": ("🌡", "👍🏽 🇬🇧 🌡🌡🌡🌡🌡🌡"),
    "a picture by its variant": ("❤️", "1️⃣"),
    "joined emoji": ("👨\u200d👩\u200d👧", "a\u200bb"),
    "combining": ("te\u0301", "a\u0336b\u0336c\u0336"),
    "right to left": ("درجة", "טמפ"),
}


PLAIN = {}
"""By size, the borders with narrow names."""


async def drawn_borders(folder, x_name, y_name, size):
    """Return the borders at the start, after an epoch, and with the lens open."""
    file = folder / "mine.csv"
    file.write_text(f"{x_name},{y_name}\n1,1\n2,2\n3,4\n4,4\n5,6\n", encoding="utf-8")
    async with sitting_at(file, size=size) as person:
        screens = [person.lines]
        await person.press("n", "4")
        await person.sees("epoch 1 ")
        screens.append(person.lines)
        await person.press("4")
        await person.sees("1 forward")
        screens.append(person.lines)
    assert all(cell_len(line) == size[0] for lines in screens for line in lines)
    return [borders(lines) for lines in screens]


@pytest.mark.parametrize(("x_name", "y_name"), WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_names_of_any_width_leave_every_border_in_place(tmp_path, x_name, y_name, size):
    if size not in PLAIN:
        PLAIN[size] = await drawn_borders(tmp_path, "t_u", "t_c", size)
    assert await drawn_borders(tmp_path, x_name, y_name, size) == PLAIN[size]
