"""What is decided about a person's file: the right values, each decision told, the rest refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from tempfit_tui.catalogue import open_named
from tempfit_tui.delimited.numbers import fault_of
from tempfit_tui.recipe import Data
from tempfit_tui.record import Record
from tempfit_tui.saving import data_of_saved, save_recipe, save_table, table_file
from tempfit_tui.table import Table, read_table
from tempfit_tui.text import InputError, harmless

CASES = Path(__file__).parent / "cases"
EVERY_5 = [10, 15, 20, 25, 30, 35, 40, 45]
VOLTS = [0.512, 0.598, 0.671, 0.762, 0.849, 0.921, 1.012, 1.090]
AS_WHOLE = "as whole numbers of three digits stand beside it"
NO_NAME = "column 1 has no name: not used as an input; --x 'column 1' uses it"

READ = {
    "exact-line": (range(1, 13), range(17, 150, 12), 12, 5, []),
    "tab-thousands": (
        [850, 1020, 990, 1480, 1310, 760, 1905, 1150],
        [179500, 212000, 205750, 301200, 268900, 161300, 390100, 240400],
        198.717,
        9786.62,
        ["input x: sqft, target y: price",
         f"the comma marks thousands in sqft and price: 1,020 is read as 1020, {AS_WHOLE}"],
    ),
    "pandas-number-header": (
        np.arange(21.5, 40, 2.5),
        [70.1, 75.6, 80.2, 84.9, 88.0, 93.7, 97.1, 102.6],
        1.8028571429,
        31.988571429,
        ["input x: 0, target y: 1",
         NO_NAME,
         "line 1 is read as the column names 0, 1, not as numbers"],
    ),
    "index-column": (
        [12, 18.5, 25, 31, 36.5, 44, 50.5, 58],
        [3.1, 2.2, 4.4, 1.9, 3.7, 2.8, 4.0, 3.3],
        0.013432123216,
        2.7124312567,
        ["input x: ad_budget, target y: radio", "not used: sold", NO_NAME],
    ),
    "empty-tail-rows": (
        np.arange(4.5, 13, 1.5),
        [61, 57, 52, 49, 44, 40],
        -2.8,
        73.6,
        ["input x: Temp, target y: NO2",
         "the comma is the decimal sign in Temp: 4,5 is read as 4.5",
         "2 rows without any value skipped: lines 8 and 9"],
    ),
    "missing-cells": (
        [95, 110, 88, 150, 170, 75, 130],
        [24, 22, 26, 16, 14, 31, 18],
        -0.168279,
        41.2361,
        ["input x: hp, target y: mpg",
         "2 rows left out: a value is missing in hp (lines 4 and 9)"],
    ),
    "sentinel-200": (
        [4.5, 6, -200, 9, 10.5, 12, 13.5, 15, 16.5, 18],
        [61, 57, 52, 49, 44, -200, 36, 33, 30, -200],
        -0.33995184293,
        -7.0295425079,
        ["input x: temp, target y: no2",
         "-200 is in 3 of 10 rows, far from all other values of temp (4.5 to 18); if it means a "
         "missing value, --missing=-200 leaves these rows out"],
    ),
    "hash-header": (
        EVERY_5,
        VOLTS,
        0.016554761905,
        0.34661904762,
        ["input x: bath temperature, target y: bridge voltage",
         "line 1 begins with #: it is read as the column names"],
    ),
    "small-units": (
        [294, 305, 318, 327, 341, 352, 360, 371, 380, 391],
        [1.2e-5, 4.61e-4, 9.77e-4, 1.352e-3, 1.918e-3, 2.363e-3, 2.688e-3, 3.131e-3, 3.507e-3,
         3.949e-3],
        4.0593241106e-5,
        -0.011924215616,
        [],
    ),
}  # fmt: skip
"""By file: inputs, targets, slope, intercept, and what is decided but for the columns' names."""


@pytest.mark.parametrize("name", READ)
def test_a_file_holds_what_it_says(name):
    x, y, slope, intercept, decisions = READ[name]
    table = read_table(CASES / f"{name}.csv")
    assert table.x.tolist() == list(map(float, x))
    assert table.y.tolist() == list(map(float, y))
    assert np.polyfit(table.x, table.y, 1) == pytest.approx([slope, intercept], rel=4e-6)
    named = [f"input x: {table.x_name}, target y: {table.y_name}"]
    assert list(table.decisions) == (decisions or named)
    assert table.left_out == (2 if name == "missing-cells" else 0)


@pytest.mark.parametrize(
    ("name", "rows", "first", "last"),
    [
        ("unix-time", 40, (1717200000, 21.0), (1717223400, 21.26)),
        ("target-unix-time", 60, (0, 1699999999.40528), (59, 1700003540.6)),
        ("near-perfect-line", 11, (0, 0.42), (50, 49.93)),
        ("years", 31, (1990, 14.00012302), (2020, 14.44698642)),
        ("tiny-both", 50, (3.269722766e-7, 1.597247821e-6), None),
        ("big-target-mlp", 14, (1, 19800), (14, 7050)),
    ],
)
def test_a_plain_file_needs_no_decision_but_the_columns(name, rows, first, last):
    table = read_table(CASES / f"{name}.csv")
    pairs = list(zip(table.x, table.y, strict=True))
    assert (len(pairs), pairs[0]) == (rows, first)
    if name == "target-unix-time":
        last = tuple(np.loadtxt(CASES / f"{name}.csv", delimiter=",", skiprows=1)[-1])
    assert last is None or pairs[-1] == last
    assert table.decisions == (f"input x: {table.x_name}, target y: {table.y_name}",)


NEEDED = "and two columns of numbers are needed"
SEPARATE = "the cells are separated by spaces; separate them with commas, semicolons or tabs"
REFUSED = {
    "date-x.csv": f"line 2: '2024-01-01' in column date is a date, not a number, {NEEDED}; write a "
    "number such as the days since the first date",
    "percent.csv": f"line 2: '12%' in column share is a percentage, not a number, {NEEDED}; "
    "delete the percent sign in the column",
    "quoted-thousands-currency.csv": "line 2: '$310' in column cost is an amount of money, not a "
    f"number, {NEEDED}; delete $ in the column",
    "excel-sep.csv": "line 1: 'sep=;' is a line for Excel, not column names; delete it",
    "title-line.csv": "line 1: '# Temperature (C) # Resistance (kOhm)' is a comment, not column "
    "names; delete the line",
    "units-row.csv": "line 2: this is a units line or a second header ('degC', 'kOhm'), not "
    "numbers; delete it, or delete line 1 if that is a title",
    "whitespace-hash.csv": "line 1: '# bridge voltage against bath…emperature' is a comment, not "
    "column names; delete lines 1 and 2",
    "r-write-table.csv": "line 2: 3 cells under 2 names; if the first cells are row names, as R "
    "writes them, add a name for them; else quote a cell that has a comma in it",
    "r-write-table-space.txt": f"line 1: {SEPARATE}",
    "latin1-degree.csv": "line 1: not text in UTF-8, or in UTF-16 with a byte order mark; save it "
    "as CSV in UTF-8",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_yet_is_called_by_its_name(name):
    assert refusal(CASES / name) == f"{name}, {REFUSED[name]}"


MENDED = {
    "title-line.csv": (lambda text: text.partition("\n")[2], 7),
    "units-row.csv": (lambda text: text.replace("degC,kOhm\n", ""), 7),
    "excel-sep.csv": (lambda text: text.partition("\n")[2], 6),
    "percent.csv": (lambda text: text.replace("%", ""), 5),
    "quoted-thousands-currency.csv": (lambda text: text.replace("$", ""), 5),
    "r-write-table.csv": (lambda text: '"row",' + text, 5),
    "r-write-table-space.txt": (lambda text: '"row",' + text.replace(" ", ","), 4),
    "whitespace-hash.csv": (lambda text: text.split("\n", 2)[2].replace(" ", "\t"), 8),
    "date-x.csv": (lambda text: re.sub(r"2024-0(\d)-(\d\d)", r"\1\2", text), 6),
}


@pytest.mark.parametrize("name", MENDED)
def test_the_mend_can_be_followed(name, tmp_path):
    mend, rows = MENDED[name]
    (tmp_path / "mine.csv").write_text(mend((CASES / name).read_text()))
    assert len(read_table(tmp_path / "mine.csv")) == rows


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "mine.csv"
        path.write_text(text)
        return path

    return written


def refusal(path, *columns, **options):
    with pytest.raises(InputError) as refused:
        read_table(path, *columns, **options)
    return str(refused.value)


def told(table):
    """Return what was decided, but for the columns' names."""
    return list(table.decisions[1:])


def both(cell, thousands, decimal, line=2, column="a"):
    sign = "," if "," in cell else "."
    rest = {",": ".", ".": ","}[sign]
    return (
        f"mine.csv, line {line}: '{cell}' in column {column} can be {thousands} or {decimal}; "
        f"choose with --decimal {rest} ({thousands}) or --decimal {sign} ({decimal})"
    )


DECIMAL_COMMA = "the comma is the decimal sign in a: 1,020 is read as 1.02, as line 3 has '{}'"
POINT = "the point marks thousands in a: {} is read as {}, as line 3 has '{}'"
COMMA = POINT.replace("point", "comma")
WHOLE = f"the {{}} marks thousands in a: {{}} is read as {{}}, {AS_WHOLE}"
POINT_DECIMAL = (
    "the point is the decimal sign in a: 12.500 is read as 12.5, as the comma separates cells"
)


@pytest.mark.parametrize(
    ("delimiter", "cells", "values", "decision"),
    [
        # Another cell of the column settles it.
        (";", ["1,020", "1,5"], [1.02, 1.5], DECIMAL_COMMA.format("1,5")),
        (";", ["1,020", "0,512"], [1.02, 0.512], DECIMAL_COMMA.format("0,512")),
        (";", ["1,020", "1234,567"], [1.02, 1234.567], DECIMAL_COMMA.format("1234,567")),
        (";", ["1.020", "1.020,5"], [1020, 1020.5], POINT.format("1.020", "1020", "1.020,5")),
        (";", ["1,020", "1,020.5"], [1020, 1020.5], COMMA.format("1,020", "1020", "1,020.5")),
        (";", ["1,020", "1,234,567"], [1020, 1234567], COMMA.format("1,020", "1020", "1,234,567")),
        (";", ["-1.020", "+1.234.567"], [-1020, 1234567],
         POINT.format("-1.020", "-1020", "+1.234.567")),
        ("\t", ["12.500", "8.5"], [12.5, 8.5], None),
        # Whole numbers of three digits do, too.
        (";", ["1,020", "850"], [1020, 850], WHOLE.format("comma", "1,020", "1020")),
        (";", ["12.500", "-850"], [12500, -850], WHOLE.format("point", "12.500", "12500")),
        ("\t", ["-1,020", "850"], [-1020, 850], WHOLE.format("comma", "-1,020", "-1020")),
        (",", ['"1,204"', "998"], [1204, 998], WHOLE.format("comma", "1,204", "1204")),
        # A comma between cells leaves the point to decimals.
        (",", ["12.500", "13.750"], [12.5, 13.75], POINT_DECIMAL),
        (",", ['"1,5"', "2"], [1.5, 2], "the comma is the decimal sign in a: 1,5 is read as 1.5"),
        (";", ["4,5e3", ",5"], [4500, 0.5],
         "the comma is the decimal sign in a: 4,5e3 is read as 4500"),
    ],
)  # fmt: skip
def test_a_column_s_cells_settle_what_its_signs_mean(write, delimiter, cells, values, decision):
    rows = (f"{cell}{delimiter}{row}" for row, cell in enumerate(cells))
    table = read_table(write("\n".join([f"a{delimiter}b", *rows])))
    assert table.x.tolist() == values
    assert told(table) == ([decision] if decision else [])
    # Wherever the deciding cell stands:
    rows = (f"{cell}{delimiter}{row}" for row, cell in enumerate(reversed(cells)))
    assert read_table(write("\n".join([f"a{delimiter}b", *rows]))).x.tolist() == values[::-1]


@pytest.mark.parametrize(
    ("text", "x", "y", "decisions"),
    [
        ("a;b\n1,020;1,5\n2,850;2,5\n", [1.02, 2.85], [1.5, 2.5],
         ["the comma is the decimal sign in a and b: 1,020 is read as 1.02, as in b"]),
        ("a;b\n1,020;1.5\n2,850;2.5\n", [1020, 2850], [1.5, 2.5],
         ["the comma marks thousands in a: 1,020 is read as 1020, as in b"]),
        ('a,b\n"1,020",1.5\n"2,850",2.5\n', [1020, 2850], [1.5, 2.5],
         ["the comma marks thousands in a: 1,020 is read as 1020, as in b"]),
        ('a,b\n"12.500",3.5\n"850",4.5\n', [12.5, 850], [3.5, 4.5],
         ["the point is the decimal sign in a: 12.500 is read as 12.5, as in b"]),
        ("a;b\n1,020;12.500\n850;990\n", [1020, 850], [12500, 990],
         [f"the comma marks thousands in a: 1,020 is read as 1020, {AS_WHOLE}",
          f"the point marks thousands in b: 12.500 is read as 12500, {AS_WHOLE}"]),
        ("a;b\n1,234,567;1.234.567\n2,345;2.345\n", [1234567, 2345], [1234567, 2345],
         ["the comma marks thousands in a: 1,234,567 is read as 1234567",
          "the point marks thousands in b: 1.234.567 is read as 1234567"]),
        ("a;b\n1,5;1.5\n2,5;2.5\n", [1.5, 2.5], [1.5, 2.5],
         ["the comma is the decimal sign in a: 1,5 is read as 1.5"]),
    ],
)  # fmt: skip
def test_the_other_column_settles_it_where_its_own_cells_do_not(write, text, x, y, decisions):
    table = read_table(write(text))
    assert (table.x.tolist(), table.y.tolist()) == (x, y)
    assert told(table) == decisions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b\n1,020;1\n2,030;2\n", both("1,020", "1020", "1.02")),
        ("a;b\n12.500;1\n9.100;2\n", both("12.500", "12500", "12.5")),
        ("a\tb\n12.500\t1\n9.100\t2\n", both("12.500", "12500", "12.5")),
        ("a\tb\n1\t-1,204\n2\t2,100\n", both("-1,204", "-1204", "-1.204", column="b")),
        ('a,b\n"1,204",3\n"1,377",4\n', both("1,204", "1204", "1.204")),
        ("a;b\n5;1\n1,020;2\n85;3\n", both("1,020", "1020", "1.02", line=3)),
        ("a;b\n1,020;1\n2020;2\n850;3\n", both("1,020", "1020", "1.02")),
        ("a;b\n1,020;1\n1.020;2\n", both("1,020", "1020", "1.02")),
        # What speaks for one reading is against what speaks for the other.
        ("a;b\n1,020;1,5\n850;2,5\n", both("1,020", "1020", "1.02")),
        ('a,b\n"12.500",3\n"850",4\n', both("12.500", "12500", "12.5")),
        ('a,b\n"12.500","1,5"\n"8.500","2,5"\n', both("12.500", "12500", "12.5")),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(write, text, message):
    assert refusal(write(text)) == message


@pytest.mark.parametrize(
    ("decimal", "cells", "values"),
    [
        (".", ["1,020", "2,030"], [1020, 2030]),
        (",", ["1,020", "2,030"], [1.02, 2.03]),
        (".", ["12.500", "850"], [12.5, 850]),
        (",", ["12.500", "850"], [12500, 850]),
        (",", ["1.234,5", "1.234.567"], [1234.5, 1234567]),
        (".", ["1,234.5", "-1,234,567"], [1234.5, -1234567]),
    ],
)
def test_the_option_decides(write, decimal, cells, values):
    text = f"a;b\n{cells[0]};1\n{cells[1]};2\n"
    assert read_table(write(text), decimal=decimal).x.tolist() == values


@pytest.mark.parametrize(
    ("decimal", "cell", "sign"),
    [(".", "1,5", "comma"), (",", "1.5", "point"), (".", "0,512", "comma"),
     (".", "1.234.567", "comma"), (",", "1,020.5", "point")],
)  # fmt: skip
def test_a_cell_against_the_option_is_refused(write, decimal, cell, sign):
    assert refusal(write(f"a;b\n1;2\n{cell};3\n"), decimal=decimal) == (
        f"mine.csv, line 3: '{cell}' in column a is not a number with --decimal {decimal} (three "
        f"digits must follow each {sign} that marks thousands); correct the cell or the option"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [("1,5", "1.5"), ("1.5", "1,5"), ("1,020.5", "1.020,5"), ("1.5", "1.234.567")],
)
def test_a_column_with_both_decimal_signs_is_refused(write, first, second):
    assert refusal(write(f"a;b\n{first};1\n{second};2\n")) == (
        f"mine.csv, line 3: '{second}' in column a has another decimal sign than '{first}' in line "
        "2; write both the same way"
    )


@pytest.mark.parametrize(
    ("text", "names", "x", "decisions"),
    [
        ("0,1\n21,70\n24,75\n", ("0", "1"), [21, 24],
         ["line 1 is read as the column names 0, 1, not as numbers"]),
        ("0;1;2;3\n21;70;5;1\n24;75;6;1\n", ("0", "1"), [21, 24],
         ["not used: 2 and 3", "line 1 is read as the column names 0, 1, 2, …, not as numbers"]),
        (",2020,2021\n0,2,5\n1,4,6\n", ("2020", "2021"), [2, 4],
         [NO_NAME, "line 1 is read as the column names 2020, 2021, not as numbers"]),
        ("1,2\n3,4\n", ("column 1", "column 2"), [1, 3],
         ["line 1 has no names: the columns go by number"]),
        ("?,2\n3,4\n5,6\n", ("column 1", "column 2"), [3, 5],
         ["line 1 has no names: the columns go by number",
          "1 row left out: a value is missing in column 1 (line 1)"]),
        ("x,y,z\n1,2,3\n4,5,6\n", ("x", "y"), [1, 4], ["not used: z"]),
        (",x,y\na,1,2\nb,4,5\n", ("x", "y"), [1, 4], []),
        ("x,cost,y\n1,$5,2\n4,$6,5\n", ("x", "y"), [1, 4],
         ["column cost is not used: '$5' is an amount of money, not a number"]),
        ("1,10,3\n2,20,4\n3,25,5\n", ("column 2", "column 3"), [10, 20, 25],
         ["column 1 numbers the rows: not used as an input; --x 'column 1' uses it",
          "line 1 has no names: the columns go by number"]),
    ],
)  # fmt: skip
def test_headers_and_columns_are_told(write, text, names, x, decisions):
    table = read_table(write(text))
    assert (table.x_name, table.y_name) == names
    assert table.x.tolist() == x
    assert told(table) == decisions


@pytest.mark.parametrize("name", ["id", "Index", "no", "Nr.", "ROW", "#", "Unnamed: 0", "row_id"])
@pytest.mark.parametrize("start", [0, 1])
def test_a_column_that_numbers_the_rows_is_no_input_unless_asked_for(write, name, start):
    rows = "".join(f"{row + start},{row * 2.5},{row * row}\n" for row in range(5))
    path = write(f"{name},x,y\n{rows}")
    option = f"--x {name}" if name.isalnum() or name == "row_id" else f"--x '{name}'"
    table = read_table(path)
    assert (table.x_name, table.y_name) == ("x", "y")
    assert told(table) == [
        f"column {name} numbers the rows: not used as an input; {option} uses it"
    ]
    asked = read_table(path, name)
    assert (asked.x_name, asked.y_name) == (name, "x")
    assert asked.x.tolist() == [row + start for row in range(5)]
    assert told(asked) == ["not used: y"]


@pytest.mark.parametrize("cells", [(1, 2, 4), (2, 3, 4), (1, 1, 2), ("1.5", 2, 3), (3, 2, 1)])
def test_a_column_of_that_name_that_does_not_count_is_an_input(write, cells):
    rows = "".join(f"{cell},{row},{row * row}\n" for row, cell in enumerate(cells))
    assert read_table(write(f"id,x,y\n{rows}")).x_name == "id"


@pytest.mark.parametrize(
    ("text", "message", "asked"),
    [
        (",y\n0,21\n1,24\n",
         "column 1 has no name, and is no input unless it is asked for; add --x 'column 1'",
         "column 1"),
        ("id,y\n1,21\n2,24\n",
         "column id numbers the rows, and is no input unless it is asked for; add --x id", "id"),
    ],
)  # fmt: skip
def test_row_numbers_and_one_column_are_not_enough(write, text, message, asked):
    path = write(text)
    assert refusal(path) == f"mine.csv: {message}"
    assert read_table(path, asked).y.tolist() == [21, 24]


@pytest.mark.parametrize("word", ["", " ", "NA", "n/a", "N/A", "NaN", "nan", "NULL", "?", "-"])
def test_rows_with_a_missing_cell_are_left_out_and_counted(write, word):
    path = write(f"x;y\n1,5;2\n{word};3\n4,5;{word}\n\n;\n6,5;7\n8,5;9\n")
    table = read_table(path)
    assert (table.x.tolist(), table.y.tolist(), table.left_out) == ([1.5, 6.5, 8.5], [2, 7, 9], 2)
    assert told(table) == [
        "the comma is the decimal sign in x: 1,5 is read as 1.5",
        "1 row without any value skipped: line 6",
        "2 rows left out: a value is missing in x and y (lines 3 and 4)",
    ]
    wrong = f"'{word}' in column x stands for a missing value"
    wrong = wrong if word.strip() else "the cell in column x is empty"
    assert refusal(path, missing="refuse") == (
        f"mine.csv, line 3: {wrong}; write a number, or use --missing leave-out"
    )


def test_cells_out_of_use_may_be_anything(write):
    table = read_table(write("note,x,y\nabc,1,2\n,3,4\n?,5,6\n2024-01-01,7,9\n"))
    assert (table.x.tolist(), table.left_out, told(table)) == ([1, 3, 5, 7], 0, [])


def test_more_than_half_missing_is_refused(write):
    path = write("x,y\n1,2\n,3\n4,\n5,6\n")
    assert read_table(path).left_out == 2
    assert refusal(write("x,y\n1,2\n,3\n4,\n5,6\nNA,1\n")) == (
        "mine.csv: 3 of 5 rows have a missing value in x and y, more than half; choose other "
        "columns, or fill them in"
    )


def test_the_lines_left_out_are_named_up_to_three(write):
    rows = "".join(f"{row},{'' if row % 3 == 0 else row}\n" for row in range(30))
    table = read_table(write(f"x,y\n{rows}"))
    assert told(table) == ["10 rows left out: a value is missing in y (lines 2, 5, 8 and 7 more)"]


def test_a_value_may_stand_for_a_missing_one():
    table = read_table(CASES / "sentinel-200.csv", missing=[-200])
    x = np.array([4.5, 6, 9, 10.5, 13.5, 15, 16.5])
    y = np.array([61, 57, 49, 44, 36, 33, 30])
    assert (table.x.tolist(), table.y.tolist()) == (x.tolist(), y.tolist())
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    assert np.polyfit(table.x, table.y, 1)[0] == pytest.approx(slope, rel=1e-12)
    assert table.left_out == 3
    assert told(table) == ["3 rows left out: -200 stands for a missing value (lines 4, 7 and 11)"]


def test_a_value_is_left_out_as_it_is_read_in_the_end(write):
    rows = "1,020;1\n850;2\n-9,999;3\n1,030;4\n"
    assert read_table(write(f"x;y\n{rows}"), missing=[-9999]).x.tolist() == [1020, 850, 1030]
    rows = "1,020;1\n8,5;2\n-9,999;3\n1,030;4\n"
    assert read_table(write(f"x;y\n{rows}"), missing=[-9.999, 7]).x.tolist() == [1.02, 8.5, 1.03]


@pytest.mark.parametrize(
    ("values", "told_of"),
    [
        ([-999 if row % 8 == 0 else row * 2.5 for row in range(40)], "-999 is in 5 of 40 rows"),
        ([9999 if row % 8 == 0 else row * 2.5 for row in range(40)], "9999 is in 5 of 40 rows"),
        ([-999 if row == 7 else row * 2.5 for row in range(40)], None),  # once: an outlier
        ([row % 2 for row in range(40)], None),  # two classes
        ([row % 3 for row in range(40)], None),
        ([0] * 10 + list(range(30)), None),  # many at the edge, none far
        ([min(row, 25) for row in range(40)], None),  # a ceiling
        ([2**row for row in range(40)], None),  # far, and once
        ([row // 2 for row in range(40)], None),
    ],
)
def test_a_value_often_far_outside_the_rest_is_told(write, values, told_of):
    rows = "".join(f"{row + 0.5},{value}\n" for row, value in enumerate(values))
    decisions = told(read_table(write(f"x,y\n{rows}")))
    assert [line.partition(",")[0] for line in decisions] == ([told_of] if told_of else [])


def test_several_such_values_are_told(write):
    values = [{0: -200, 1: -999}.get(row % 8, row) for row in range(80)]
    rows = "".join(f"{row + 0.5},{value}\n" for row, value in enumerate(values))
    path = write(f"x,y\n{rows}")
    assert [line.partition(",")[0] for line in told(read_table(path))] == [
        "-999 is in 10 of 80 rows",
        "-200 is in 10 of 80 rows",
    ]
    assert read_table(path, missing=[-200, -999]).left_out == 20


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2024-01-01", "is a date, not a number"),
        ("2024-01-01T10:00:00", "is a date, not a number"),
        ("01.02.2024", "is a date, not a number"),
        ("1/2/24", "is a date, not a number"),
        ("Jan-24", "is a date, not a number"),
        ("3 March 2024", "is a date, not a number"),
        ("12:30", "is a time of day, not a number"),
        ("12:30:15.5", "is a time of day, not a number"),
        ("12%", "is a percentage, not a number"),
        ("12,5 %", "is a percentage, not a number"),
        ("$310", "is an amount of money, not a number"),
        ("-$1,310.50", "is an amount of money, not a number"),
        ("310 €", "is an amount of money, not a number"),
        ("1 020", "has a space between its digits, and is not read as a number"),
        ("1\u202f020,5", "has a space between its digits, and is not read as a number"),
        ("1'020", "has an apostrophe between its digits, and is not read as a number"),
        ("12 cm", "has text after the number"),
        ("−5", "has a minus sign that is not read"),
        ("inf", "is not a finite number"),
        ("abc", "is text, not a number"),
        ("1_000", "is text, not a number"),
        ("12-5", "is text, not a number"),
    ],
)
def test_the_cell_in_the_way_is_called_what_it_is(write, cell, words):
    assert fault_of(cell).words == words
    message = refusal(write(f'x;y\n1;2\n"{cell}";4\n'))
    assert message.startswith(f"mine.csv, line 3: '{harmless(cell)}' in column x {words}; ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("My data\na,b\n1,2\n3,4\n", "line 1: 'My data' is a title, {}; delete the line"),
        ("My data\n\nof May\na,b\n1,2\n3,4\n",
         "line 1: 'My data' is a title, {}; delete lines 1 and 3"),
        ("My data,,\na,b,c\n1,2,3\n3,4,5\n", "line 1: 'My data,,' is a title, {}; delete the line"),
        ("By A,B and C\na,b,c\n1,2,3\n3,4,5\n",
         "line 1: 'By A,B and C' is a title, {}; delete the line"),
        ("# note\na,b\n1,2\n3,4\n", "line 1: '# note' is a comment, {}; delete the line"),
        ("# note\n# a,b\n1,2\n3,4\n", "line 1: '# note' is a comment, {}; delete the line"),
        ("a,b\n1,2\n# note\n3,4\n", "line 3: '# note' is a comment; delete the line"),
        ("x,2020\n1,2\n3,4\n",
         "line 1: 'x' in column 1 is text above numbers, and '2020' is a number; write only names "
         "in the line, or only numbers"),
        ("a;b\n1;2;\n3;4;\n",
         "line 2: 3 cells under 2 names, the last cell empty; delete the semicolon at the end of "
         "each line, or add one in line 1"),
        ("a|b\n1|2\n3|4\n", f"line 1: {SEPARATE.replace('spaces', 'vertical bars')}"),
        ("t v\n10,0 0,512\n15,0 0,598\n", f"line 1: {SEPARATE}"),
        ("t v\n10,5 512,3\n15,0 598,1\n", f"line 1: {SEPARATE}"),
        ("a;b\n1 000,5;2 000,5\n",
         "line 2: '1 000,5' in column a has a space between its digits, and is not read as a "
         f"number, {NEEDED}; write the digits without it"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_called_by_its_name(write, text, message):
    assert refusal(write(text)) == f"mine.csv, {message.format('not column names')}"


def test_a_title_is_no_column_that_was_meant():
    message = refusal(CASES / "title-line.csv", "temperature")
    assert message.startswith("title-line.csv, line 1: '# Temperature (C) # Resistance (kOhm)' is ")
    assert "did you mean" not in message


def test_a_name_that_is_nearly_right_is_offered(write):
    path = write("temperature,volt\n1,2\n3,4\n")
    assert refusal(path, "temprature") == (
        "mine.csv: there is no column 'temprature'; did you mean 'temperature'?"
    )


def test_tables_are_equal_by_their_values():
    one = Table(
        "a.csv",
        "x",
        "y",
        read_table(CASES / "exact-line.csv").x,
        read_table(CASES / "exact-line.csv").y,
    )
    other = Table(
        "a.csv", "x", "y", one.x, one.y, decisions=("input x: x, target y: y",), left_out=3
    )
    assert one == other


def record_of(opened):
    return Record(opened.name, str(opened.file), opened.recipe, opened.table, [], [], 0)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("sentinel-200", {"data.missing": (-200.0,)}),
        ("tab-thousands", {"data.decimal": ","}),
        ("missing-cells", {"data.missing": "leave-out"}),
        ("index-column", {}),
    ],
)
def test_a_recipe_reads_the_same_table_again(name, settings, tmp_path):
    opened = open_named(str(CASES / f"{name}.csv"), settings=settings)
    assert table_file(record_of(opened)) == opened.file
    again = open_named(str(save_recipe(opened, opened.recipe, tmp_path)))
    assert again.table == opened.table
    assert again.table.decisions == opened.table.decisions
    assert (again.recipe.data.missing, again.recipe.data.decimal) == (
        opened.recipe.data.missing,
        opened.recipe.data.decimal,
    )


@pytest.mark.parametrize(
    ("x_name", "y_name"),
    [
        ("a", "b"),
        ("id", "y"),
        ("0", "1"),
        ("1", "0"),
        ("?", "-"),
        ("#a", "b"),
        ("sep=;", "b"),
        ("a", "a"),
    ],
)
def test_a_table_written_beside_its_recipe_reads_back(x_name, y_name, tmp_path):
    x, y = read_table(CASES / "exact-line.csv").x, read_table(CASES / "small-units.csv").y
    table = Table("a.csv", x_name, y_name, x[:10], y)
    file, data = save_table(table, tmp_path), data_of_saved(table)
    assert data == Data(x=data.x, y=data.y, decimal=".")
    again = read_table(file, data.x, data.y, decimal=data.decimal)
    assert (again.x.tolist(), again.y.tolist()) == (x[:10].tolist(), y.tolist())
