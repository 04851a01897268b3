"""The dataset pane: every observation with its split, a new split, long files and odd names."""

import pytest
from rich.cells import cell_len
from screen import sitting_at

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
        assert "     0     0.0     0.0" in person.text
        await person.press("end")
        await person.sees(f"{count - 1}")
        assert "#" in person.lines[2]
        await person.press("home", "pagedown")
        await person.misses("     0     0.0     0.0")
        await person.press("home", "down", "down")
        await person.sees("     2     2.0     2.0")
        await person.misses("     1     1.0     1.0")
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


async def test_long_names_and_odd_numbers_are_cut_to_fit(tmp_path):
    file = tmp_path / "odd.csv"
    file.write_text("a_name_longer_than_its_column,y\n-1234567.25,1e-9\n0.123456789,2\n1e17,-3.5\n")
    async with sitting_at(file) as person:
        header, *rows = (line.split("│")[1] for line in person.lines[2:6])
        assert "a_name_l…" in header
        assert "-1,234,567 " in rows[0]
        assert "1e-9" in rows[0]
        assert "0.12346" in rows[1]
        assert all("●" in row for row in rows)


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
