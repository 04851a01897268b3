"""CSV files to fuzz with, and what must hold of each: it holds what a simple reader finds."""

import csv
import io
import math
import re
from typing import NamedTuple

from fuzzing import Case, check_line, damaged
from helpers import complaint
from hypothesis import strategies as st

from tempfit_tui.table import read_table
from tempfit_tui.text import InputError

CELLS = (
    st.sampled_from(["", " ", "nan", "-inf", "1e999", "1_000", "1,5", '"', "'", "x", "٣", "½",
                     "0x1", "1e5", ".5", "5.", "--1", "\x1b[2J", "\u202e", "=1+1", "-0", "1 2",
                     "\x0c", "#", "# a", "12%", "$5", "2024-01-01", "1 020", "sep=;", "0", "1"])
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers(-99, 99).map(str)
    | st.text(max_size=4)
)  # fmt: skip
NUMBERS = st.floats(-1e6, 1e6).map(repr) | st.integers(-99, 99).map(str)
GROUPED = st.integers(-2_000_000, 2_000_000).map("{:,}".format)
WITH_COMMA = st.floats(-1e6, 1e6).map(lambda value: f"{value:.{int(abs(value)) % 5}f}")
"""To be written with either sign; some have three digits after it."""
MISSING = ("", "NA", "n/a", "NaN", "null", "?", "-")
PARTLY = NUMBERS | NUMBERS | NUMBERS | st.sampled_from(MISSING)


SWAPPED = str.maketrans(",.", ".,")


@st.composite
def written_tables(draw):
    """Give a file as programs write them, of numbers for the most part."""
    width = draw(st.sampled_from([2, 2, 2, 3, 4, 1]))
    cells = draw(st.sampled_from([NUMBERS, NUMBERS, PARTLY, GROUPED, WITH_COMMA, CELLS]))
    delimiter = draw(st.sampled_from(",,,;;\t|"))
    if delimiter != "," and draw(st.booleans()):
        cells = cells.map(lambda cell: cell.translate(SWAPPED))
    row = st.lists(cells, min_size=width, max_size=width)
    rows = draw(st.lists(row, min_size=draw(st.sampled_from([0, 2, 4, 4])), max_size=7))
    if draw(st.booleans()):
        words = st.sampled_from(["a", "t u", "é", "_", "id", ""])
        names = draw(st.sampled_from([words, CELLS]))
        rows.insert(0, draw(st.lists(names, min_size=width, max_size=width)))
    if rows and draw(st.integers(0, 9)) == 0:
        draw(st.sampled_from(rows)).append(draw(CELLS))
    if draw(st.integers(0, 4)) == 0:
        rows.insert(draw(st.integers(0, len(rows))), [""] * width)
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
        assert not plain or not plain.sure, f"{told}, and a simple reader finds {plain}"
        return "refused"
    table = read_table(*given)
    assert len(table.x) == len(table.y) >= 2
    assert all(map(math.isfinite, [*table.x, *table.y]))
    assert min(table.x) < max(table.x)
    check_line(table.x_name + table.y_name)
    if not names and (plain := plainly(content)) is not None:
        assert plain, "a simple reader refuses it"
        assert table.x.tolist() in plain.x
        assert table.y.tolist() in plain.y
        assert table.left_out == plain.left_out
        return "read as a simple reader does"
    return "read"


class Plain(NamedTuple):
    """What a simple reader finds."""

    x: list[list[float]]
    """The readings that there can be: with a point before decimals, or with a comma."""
    y: list[list[float]]
    left_out: int

    @property
    def sure(self):
        """Whether there is only one; it may be refused otherwise."""
        return len(self.x) == len(self.y) == 1


def plainly(content):
    """Return what a file without subtleties holds; () if it must be refused.

    None where a simple reader can't tell.
    """
    text = content.decode("ascii", "replace")
    if "\ufffd" in text or set(text) & set('"\r\0|\x0b\x0c\x1c\x1d\x1e\x1f#%$=_'):
        return None
    delimiter = next((sign for sign in "\t;," if sign in text), None)
    if delimiter is None or (delimiter == "\t" and ";" in text):
        return None
    rows = [[cell.strip() for cell in line.split(delimiter)] for line in text.split("\n")]
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or any(len(row) != len(rows[0]) or len(row) < 2 for row in rows):
        return None
    names = [f"{place}" for place in range(len(rows[0]))]
    if all(re.fullmatch("[a-z]?|id|t u", cell) for cell in rows[0]):
        names, *rows = rows
    if any(cell.lower() not in WORDS and not readings([cell]) for row in rows for cell in row):
        return None
    columns = [list(column) for column in zip(*rows, strict=True)]
    if any(all(cell.lower() in WORDS for cell in column) for column in columns):
        return None
    if any(cell.lower() in WORDS for cell in rows[0]) or rows[0][0] in ("0", "1"):
        return None  # It may be a header, or the rows' numbers.
    numbered = [column for name, column in zip(names, columns, strict=True) if counts(column)]
    if numbered and "id" in names:
        return None
    if not names[0]:
        del columns[0]
    if len(columns) < 2:
        return ()
    kept = [(a, b) for a, b in zip(*columns[:2], strict=True) if not {a.lower(), b.lower()} & WORDS]
    left_out = len(rows) - len(kept)
    if len(kept) < 2 or left_out > len(kept):
        return ()
    return ranging(*map(readings, zip(*kept, strict=True)), left_out)


def ranging(x, y, left_out):
    """Return what these readings come to: they must be finite, and inputs must differ."""
    bad = [values for values in x if len(set(values)) == 1]
    bad += [values for values in x + y if not all(map(math.isfinite, values))]
    if bad:
        return () if len(x) == len(y) == 1 else None
    return Plain(x, y, left_out) if x and y else ()


WORDS = {word.lower() for word in MISSING}


def counts(column):
    return column in ([str(n + start) for n in range(len(column))] for start in (0, 1))


def readings(cells):
    """Return the numbers that all cells are with a point before decimals, and with a comma."""
    found = []
    for decimal, thousands in (".,", ",."):
        one = rf"[-+]?(\d+|[1-9]\d?\d?(\{thousands}\d\d\d)+)(\{decimal}\d*)?(e[-+]?\d+)?"
        if all(re.fullmatch(one, cell) for cell in cells):
            plain = [cell.replace(thousands, "").replace(decimal, ".") for cell in cells]
            values = [float(cell) for cell in plain]
            if values not in found:
                found.append(values)
    return found
