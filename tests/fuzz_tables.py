"""CSV files to fuzz with, and what must hold of each: it holds what a simple reader finds."""

import csv
import io
import math

from fuzzing import Case, check_line, damaged
from helpers import complaint
from hypothesis import strategies as st

from tempfit_tui.table import read_table
from tempfit_tui.text import InputError

CELLS = (
    st.sampled_from(["", " ", "nan", "-inf", "1e999", "1_000", "1,5", '"', "'", "x", "٣", "½",
                     "0x1", "1e5", ".5", "5.", "--1", "\x1b[2J", "\u202e", "=1+1", "-0", "1 2",
                     "\x0c"])
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers(-99, 99).map(str)
    | st.text(max_size=4)
)  # fmt: skip
NUMBERS = st.floats(-1e6, 1e6).map(repr) | st.integers(-99, 99).map(str)


@st.composite
def written_tables(draw):
    """Give a file as programs write them, of numbers for the most part."""
    width = draw(st.sampled_from([2, 2, 2, 3, 4, 1]))
    cells = draw(st.sampled_from([NUMBERS, NUMBERS, NUMBERS, CELLS]))
    row = st.lists(cells, min_size=width, max_size=width)
    rows = draw(st.lists(row, min_size=draw(st.sampled_from([0, 2, 3, 3])), max_size=6))
    if draw(st.booleans()):
        names = draw(st.sampled_from([st.sampled_from(["a", "t u", "é", "_"]), CELLS]))
        rows.insert(0, draw(st.lists(names, min_size=width, max_size=width)))
    if rows and draw(st.integers(0, 9)) == 0:
        draw(st.sampled_from(rows)).append(draw(CELLS))
    delimiter = draw(st.sampled_from(",,,;\t|"))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n"]))
    if draw(st.booleans()):
        text = newline.join(delimiter.join(row) for row in rows) + newline
    else:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=newline).writerows(rows)
        text = out.getvalue()
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, "replace")


TABLES = (
    written_tables()
    | written_tables()
    | written_tables().flatmap(damaged)
    | st.binary(max_size=200)
)
COLUMNS = (
    st.none() | st.none() | st.sampled_from(["1", "2", "column 1", "", "x"]) | st.text(max_size=3)
)


@st.composite
def table_cases(draw):
    columns = COLUMNS if draw(st.integers(0, 4)) == 4 else st.none()
    x, y = draw(columns), draw(columns)
    chosen = [*(["--x", x] if x else []), *(["--y", y] if y else [])]
    files = {"mine.csv": draw(TABLES)}
    return Case(files, ["run", "mine.csv", "--epochs", "2", *chosen])


def check_table(case, folder):
    """Read a CSV, and see that it holds what a simple reader finds in it."""
    _, _, _, _, *chosen = case.arguments
    names = dict(zip(chosen[::2], chosen[1::2], strict=True))
    content = case.files["mine.csv"]
    given = folder / "mine.csv", names.get("--x"), names.get("--y")
    if told := complaint(InputError, read_table, *given):
        check_line(told)
        assert told.startswith("mine.csv")
        plain = None if names else plainly(content)
        assert not plain, f"{told}, and a simple reader finds {plain}"
        return "refused"
    table = read_table(*given)
    assert len(table.x) == len(table.y) >= 2
    assert all(map(math.isfinite, [*table.x, *table.y]))
    assert min(table.x) < max(table.x)
    check_line(table.x_name + table.y_name)
    if not names and (plain := plainly(content)) is not None:
        assert plain == (table.x.tolist(), table.y.tolist())
        return "read as a simple reader does"
    return "read"


def plainly(content):
    """Return the two columns of a file without subtleties; () if it must be refused.

    None where a simple reader can't be sure.
    """
    text = content.decode("ascii", "replace")
    if "\ufffd" in text or set(text) & {'"', "\r", "\0", "|"}:
        return None
    found = [delimiter for delimiter in ",;\t" if delimiter in text]
    if len(found) != 1:
        return None
    rows = [
        line.split(found[0])
        for line in text.split("\n")
        if line.strip(" \x0b\x0c\x1c\x1d\x1e\x1f\t")
    ]
    if any(len(row) != len(rows[0]) or len(row) < 2 for row in rows):
        return None
    if rows and all(_number(cell) is None for cell in rows[0]):
        rows = rows[1:]
    if len(rows) < 2:
        return ()
    numeric = [column for column, cell in enumerate(rows[0]) if _number(cell) is not None][:2]
    if len(numeric) < 2:
        return ()
    x, y = ([_number(row[column]) for row in rows] for column in numeric)
    if any(value is None or not math.isfinite(value) for value in x + y) or len(set(x)) == 1:
        return ()
    return x, y


def _number(cell):
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
