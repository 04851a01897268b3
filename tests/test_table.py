import csv
import io
import math
import os
import socket
import sys
from array import array

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tempfit_tui.delimited import rows
from tempfit_tui.table import Table, read_table
from tempfit_tui.text import InputError

NOT_TEXT = "not text in UTF-8, or in UTF-16 with a byte order mark; save it as CSV in UTF-8"
MEND = "write a number such as 12.5, or empty the cell to leave its row out"
TEXT = f"is text, not a number; {MEND}"
NEEDED = f"is text, not a number, and two columns of numbers are needed; {MEND}"
SEPARATE = "separate them with commas, semicolons or tabs"
ONE_ROW = ": there is only one row of numbers; add at least one more"
ONE_LEFT = (
    ": there is only one row of numbers (1 left out, as a value is missing); add at least one more"
)
TWO_NEEDED = "two are needed, separated by a comma, a semicolon or a tab"
CELLS = "add what is missing, or quote a cell that has a comma in it"
QUOTING = "a cell is badly quoted or too long; close each quoted cell, and double the quotes in it"
TOO_LONG = "a row of more than 1,048,576 characters; check its quotes and line ends"
ONE_FILE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)


@pytest.fixture
def write(tmp_path):
    path = tmp_path / "mine.csv"

    def written(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def contents(observed):
    return observed.x_name, observed.y_name, observed.x.tolist(), observed.y.tolist()


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1.5,2\n-3,4e2\n",
        "a,b\n1.5,2\n-3,4e2",
        "a;b\n1.5;2\n-3;4e2\n",
        "a;b\n1,5;2\n-3;4,0E+2\n",
        "a\tb\n1,5\t2\n-3\t400\n",
        "a,b\r\n1.5,2\r\n-3,400\r\n",
        "a,b\r1.5,2\r-3,400\r",
        "\ufeffa,b\n1.5,2\n-3,400\n",
        "a,b\n1.5,2\n-3,400\n".encode("utf-16"),
        b"\xfe\xff" + "a;b\r\n1,5;2\r\n-3;400\r\n".encode("utf-16-be"),
        '"a","b"\n"1.5","2"\n"-3","400"\n',
        '"a";"b"\n"1,5";"2"\n"-3";"400"\n',
        ' a , "b"\n 1.5, "2"\n-3 ,\t+400 \n',
        "\n  \na,b\n\n1.5,2\n\t\n-3,400\n\n   \n\n",
    ],
)
def test_every_dialect_gives_the_same_table(write, content):
    observed = read_table(write(content))

    assert contents(observed) == ("a", "b", [1.5, -3.0], [2.0, 400.0])
    assert observed.source == "mine.csv"
    assert len(observed) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1.5,2\n3,4\n", ("column 1", "column 2", [1.5, 3.0], [2.0, 4.0])),
        ("1,5;2,5\n3;4\n", ("column 1", "column 2", [1.5, 3.0], [2.5, 4.0])),
        ("1,5,2\n3,4,5\n", ("column 1", "column 2", [1.0, 3.0], [5.0, 4.0])),
        ("noon,1,2\ndusk,3,4\n", ("column 2", "column 3", [1.0, 3.0], [2.0, 4.0])),
        ("when,a,b\nnoon,1,2\ndusk,3,4\n", ("a", "b", [1.0, 3.0], [2.0, 4.0])),
        ("a,,b\n1,2,x\n3,4,y\n", ("a", "column 2", [1.0, 3.0], [2.0, 4.0])),
        ("t (C; air),b\n1,2\n3,4\n", ("t (C; air)", "b", [1.0, 3.0], [2.0, 4.0])),
        ("here; now,1,2\nthere; then,3,4\n", ("column 2", "column 3", [1.0, 3.0], [2.0, 4.0])),
        ('"a,b";"c,d"\n1;2\n3;4\n', ("a,b", "c,d", [1.0, 3.0], [2.0, 4.0])),
        ('"a ""b""",c\n1,2\n3,4\n', ('a "b"', "c", [1.0, 3.0], [2.0, 4.0])),
        ("°C,Σ\n1,2\n3,4\n", ("°C", "Σ", [1.0, 3.0], [2.0, 4.0])),
        ("a,a\n1,2\n3,4\n", ("a", "a", [1.0, 3.0], [2.0, 4.0])),
        ("a,b\n1e-3,.5\n1E5,5.\n", ("a", "b", [0.001, 1e5], [0.5, 5.0])),
        ("a,b,\n1,2,\n3,4,\n", ("a", "b", [1.0, 3.0], [2.0, 4.0])),
    ],
)
def test_header_and_delimiter_are_told_from_the_first_rows(write, content, expected):
    assert contents(read_table(write(content))) == expected


@pytest.mark.parametrize(
    ("header", "x", "y", "expected"),
    [
        (True, "c", "a", ("c", "a")),
        (True, None, "a", ("b", "a")),
        (True, "b", None, ("b", "a")),
        (True, None, None, ("a", "b")),
        (True, "C", None, ("c", "a")),
        (True, "d", "D", ("d", "D")),
        (True, " b ", "c", ("b", "c")),
        (False, "3", "1", ("column 3", "column 1")),
        (False, "column 3", None, ("column 3", "column 1")),
        (False, None, "1", ("column 2", "column 1")),
    ],
)
def test_columns_are_chosen(write, header, x, y, expected):
    head = "a,b,c,d,D\n" if header else ""
    values = {"a": 1, "b": 2, "c": 3, "d": 4, "D": 5}

    observed = read_table(write(head + "1,2,3,4,5\n11,12,13,14,15\n"), x, y)

    assert (observed.x_name, observed.y_name) == expected
    first = [values.get(name) or int(name.removeprefix("column ")) for name in expected]
    assert [observed.x[0], observed.y[0]] == first
    assert [observed.x[1], observed.y[1]] == [value + 10 for value in first]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": the file is empty; give it two columns of numbers"),
        ("\n \n\r\n", ": the file is empty; give it two columns of numbers"),
        ("\ufeff", ": the file is empty; give it two columns of numbers"),
        ("\na,b\n", ", line 2: a header without rows; add at least two rows of numbers"),
        ("a,b\n1,2\n", ONE_ROW),
        ("1,2\n", ONE_ROW),
        ("a,b\n1,2\n3,abc\n", f", line 3: 'abc' in column b {TEXT}"),
        ("1,2\nabc,4\n", f", line 2: 'abc' in column 1 {TEXT}"),
        ("a,b\n1,2\n1_000,4\n", f", line 3: '1_000' in column a {TEXT}"),
        ("a,b\n1,2\nnan,4\n", ONE_LEFT),
        ("a,b\nNaN,2\n3,4\n", ONE_LEFT),
        ("a,b\n1,2\n3,-inf\n", f", line 3: '-inf' in column b is not a finite number; {MEND}"),
        ("a,b\n1,1e999\n3,4\n", f", line 2: '1e999' in column b is not a finite number; {MEND}"),
        ("a,b\n1,2\n3,\n", ONE_LEFT),
        ("a,b\n1,2\n ,4\n", ONE_LEFT),
        (
            "a,b\n1,2\n3\n",
            f", line 3: 1 instead of 2 cells as in line 1; {CELLS}",
        ),
        (
            "\na,b\n1,2,3\n3,4\n",
            f", line 3: 3 instead of 2 cells as in line 2; {CELLS}",
        ),
        ("a,b\n5,2\n5,4\n", ", column a: all inputs are equal; choose a column that varies"),
        ("a,b\n1,x\n2,y\n", f", line 2: 'x' in column b {NEEDED}"),
        ("a\n1\n2\n", f", line 2: numbers in 1 of 1 columns; {TWO_NEEDED}"),
        ("a b\n1 2\n3 4\n", f", line 1: the cells are separated by spaces; {SEPARATE}"),
        ('a,b\n1,2\n"3,4\n5,6\n', f", line 3: {QUOTING}"),
        ('a,b\n1,2\n"3"x,4\n', f", line 3: {QUOTING}"),
        ('"a","b"\n"1"x,"2"\n', f", line 2: {QUOTING}"),
        ('"a,b\n1,2\n', f", line 1: {QUOTING}"),
        ("a,b\n1,2\n\0,4\n", f", line 3: {NOT_TEXT}"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", f", line 1: {NOT_TEXT}"),
        ("a,b\n1,2\n".encode("utf-16-le"), f", line 1: {NOT_TEXT}"),
        ("a,b\n1,2\n3,4 °\n".encode("latin-1"), f", line 3: {NOT_TEXT}"),
        ("a,b\n1,2\n3,4".encode("utf-16") + b"\x80\xdc", f", line 3: {NOT_TEXT}"),
        ("a,b\n1,2\n3,4".encode("utf-16") + b"\0\xd8", f": {NOT_TEXT}"),
        ("a,b\n1,2\n".encode("utf-16") + b"7", f": {NOT_TEXT}"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(write, content, message):
    with pytest.raises(InputError) as refused:
        read_table(write(content))

    assert str(refused.value) == f"mine.csv{message}"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("3" * 131_073 + ",4", QUOTING, id="cell over csv's limit"),
        pytest.param('"' + "3\n" * 70_000 + '",4', QUOTING, id="quoted cell over csv's limit"),
        pytest.param("3," + "4" * 2**20, TOO_LONG, id="line without end"),
        pytest.param('"\n",' * 2**19, TOO_LONG, id="row over many lines"),
    ],
)
def test_a_row_without_end_is_refused(write, row, message):
    with pytest.raises(InputError) as refused:
        read_table(write("a,b\n1,2\n" + row))

    assert str(refused.value) == f"mine.csv, line 3: {message}"


@pytest.mark.parametrize(
    ("content", "x", "y", "message"),
    [
        ("t_u,t_c\n1,2\n", "t_v", None, ": there is no column 't_v'; did you mean 't_u'?"),
        ("t_u,t_c\n1,2\n", None, "c", ": there is no column 'c'; the columns are t_u and t_c"),
        ("t_u,t_c\n1,2\n", "1", None, ": there is no column '1'; the columns are t_u and t_c"),
        ("t_u,t_c\n1,2\n", "", None, ": there is no column ''; the columns are t_u and t_c"),
        (
            "1,2\n3,4\n",
            "3",
            None,
            ": there is no column 'column 3'; without a header, columns are numbered 1 to 2",
        ),
        (
            "1,2\n3,4\n",
            None,
            "t_c",
            ": there is no column 't_c'; without a header, columns are numbered 1 to 2",
        ),
        ("a,b\n1,2\n", "a", "a", ", column a: chosen as both x and y; choose two columns"),
        ("1,2\n3,4\n", "2", "2", ", column 2: chosen as both x and y; choose two columns"),
        ("t,t,b\n1,2,3\n", "t", "b", ", column t: several columns have this name; rename them"),
        ("t,T,b\n1,2,3\n", "b", "t", ONE_ROW),
        ("tt,TT,b\n1,2,3\n", "Tt", "b", ", column Tt: several columns have this name; rename them"),
        ("a,b\n1,x\n2,y\n", "a", "b", f", line 2: 'x' in column b {TEXT}"),
        ("a,b\n1,x\n2,y\n", "a", None, f", line 2: 'x' in column b {NEEDED}"),
    ],
)
def test_columns_that_cannot_be_chosen_are_told_in_one_line(write, content, x, y, message):
    with pytest.raises(InputError) as refused:
        read_table(write(content), x, y)

    assert str(refused.value) == f"mine.csv{message}"


def test_lines_are_counted_within_quoted_cells(write):
    content = 'a,"note\nof\r\nall",b\r\n1,"x\n\ny",2\r\n\r\n3,"z",oops\r\n'

    with pytest.raises(InputError) as refused:
        read_table(write(content))

    assert str(refused.value) == f"mine.csv, line 8: 'oops' in column b {TEXT}"


@pytest.mark.parametrize("where", ["missing.csv", "no/such/folder.csv"])
def test_missing_file(tmp_path, where):
    path = tmp_path / where

    with pytest.raises(InputError) as refused:
        read_table(path)

    assert str(refused.value) == (
        f"{path}: can't be read (No such file or directory); check its name, folder and permissions"
    )


def test_no_permission(write, monkeypatch):
    path = write("a,b\n1,2\n3,4\n")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(InputError) as refused:
        read_table(path)

    assert str(refused.value) == (
        f"{path}: can't be read (Permission denied); check its name, folder and permissions"
    )


def make_folder(path):
    path.mkdir()


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(path.name)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_folder, "this is a folder; name a CSV file in it"),
        (os.mkfifo, "not a regular file; save the table as a CSV file"),
        (make_socket, "not a regular file; save the table as a CSV file"),
        (
            lambda path: path.symlink_to("/dev/zero"),
            "not a regular file; save the table as a CSV file",
        ),
    ],
)
def test_only_regular_files_are_read(tmp_path, monkeypatch, make, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.csv"
    make(path)

    with pytest.raises(InputError) as refused:
        read_table(path)

    assert str(refused.value) == f"mine.csv: {message}"


def test_a_name_that_no_file_has(tmp_path):
    with pytest.raises(InputError) as refused:
        read_table(tmp_path / "a\0b.csv")

    assert str(refused.value) == r"a\x00b.csv: no file can have this name; check it"


def test_a_file_over_the_size_limit_is_not_read(write):
    path = write("a,b\n1,2\n3,4\n")
    os.truncate(path, rows.MAX_BYTES + 1)

    with pytest.raises(InputError) as refused:
        read_table(path)

    assert str(refused.value) == "mine.csv: more than 256 MiB; keep fewer rows or columns"


@pytest.mark.parametrize("head", ["", "a,b\n"])
def test_row_limit(write, monkeypatch, head):
    monkeypatch.setattr(rows, "MAX_ROWS", 1_000)
    lines = "".join(f"{i},{i + 2}\n" for i in range(1_000))

    assert len(read_table(write(f"{head}{lines}\n\n"))) == 1_000
    with pytest.raises(InputError) as refused:
        read_table(write(f"{head}{lines}\n1,2\n"))

    assert str(refused.value) == "mine.csv: more than 1,000 rows; leave some out"


def test_line_limit(write, monkeypatch):
    monkeypatch.setattr(rows, "MAX_LINES", 1_000)

    assert len(read_table(write("1,2\n3,4\n" + "\n" * 997))) == 2
    with pytest.raises(InputError) as refused:
        read_table(write("1,2\n3,4\n" + "\n" * 1_000))

    assert str(refused.value) == "mine.csv: more than 1,000 lines; leave some out"


def test_a_hundred_thousand_rows(write):
    rows = "".join(f"{i},{-i / 4}\n" for i in range(100_000))

    observed = read_table(write(rows))

    assert observed.x == array("d", range(100_000))
    assert observed.y == array("d", (-i / 4 for i in range(100_000)))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("[red]", "[red]"),
        ("[/]", "[/]"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202eabc\x07", r"\u202eabc\x07"),
        ("é", "é"),
        ("x" * 1_000 + "y" * 10, "x" * 29 + "…" + "y" * 10),
    ],
)
def test_what_a_file_holds_is_harmless(write, cell, shown):
    observed = read_table(write(f"{cell},b\n1,2\n3,4\n"), x=cell)
    assert observed.x_name == shown
    again = read_table(write(f"{cell},b\n1,2\n3,4\n"), observed.x_name, observed.y_name)
    assert again == observed

    with pytest.raises(InputError) as refused:
        read_table(write(f"a,b\n1,2\n3,{cell}\n"))
    assert str(refused.value) == f"mine.csv, line 3: '{shown}' in column b {TEXT}"

    with pytest.raises(InputError) as refused:
        read_table(write("a,b\n1,2\n3,4\n"), x=cell)
    assert str(refused.value) == f"mine.csv: there is no column '{shown}'; the columns are a and b"


def test_a_file_name_is_harmless(tmp_path):
    path = tmp_path / "\x1b[31mmine.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    assert read_table(path).source == r"\x1b[31mmine.csv"

    path.write_text("a,b\n")
    with pytest.raises(InputError) as refused:
        read_table(path)
    assert str(refused.value) == (
        r"\x1b[31mmine.csv, line 1: a header without rows; add at least two rows of numbers"
    )


def test_long_names_alike_where_shown_are_told_apart_in_full(write):
    names = ["x" * 50 + middle + "y" * 50 for middle in "ab"]
    path = write(f"{','.join(names)}\n1,2\n3,4\n")

    assert read_table(path, names[1], names[0]).x.tolist() == [2.0, 4.0]
    with pytest.raises(InputError, match="several columns have this name"):
        read_table(path, read_table(path).x_name)


@pytest.mark.parametrize(
    ("inputs", "span"),
    [
        ([0.0, 100.0, 50.0], (-5.0, 105.0)),
        ([3.0, -1.0], (-1.2, 3.2)),
        ([-sys.float_info.max, sys.float_info.max], (-sys.float_info.max, sys.float_info.max)),
        ([0.0, 5e-324], (0.0, 5e-324)),
    ],
)
def test_span_is_the_range_and_a_twentieth_at_both_ends(inputs, span):
    observed = Table("mine.csv", "a", "b", array("d", inputs), array("d", inputs))

    assert observed.span() == pytest.approx(span, rel=1e-15, abs=0)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
PAIRS = st.lists(st.tuples(FINITE, FINITE), min_size=2, max_size=12).filter(
    lambda pairs: any(x != pairs[0][0] for x, _ in pairs)
)


@ONE_FILE
@given(
    pairs=PAIRS,
    delimiter=st.sampled_from(",;\t"),
    comma=st.booleans(),
    headed=st.booleans(),
    quoted=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_reads_back(
    write, *, pairs, delimiter, comma, headed, quoted, newline, encoding
):
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=newline)
    if headed:
        writer.writerow(["t_u", "température"])
    decimal = "," if comma and delimiter != "," else "."
    for pair in pairs:
        cells = [repr(value) for value in pair]
        writer.writerow([cell.replace(".", decimal) for cell in cells])

    # Without it, three digits after the sign of each number may be thousands, and are refused.
    observed = read_table(write(text.getvalue().encode(encoding)), decimal=decimal)

    names = ("t_u", "température") if headed else ("column 1", "column 2")
    assert contents(observed) == (*names, [x for x, _ in pairs], [y for _, y in pairs])
    low, high = observed.span()
    assert low <= min(observed.x) < max(observed.x) <= high
    assert math.isfinite(low)
    assert math.isfinite(high)


def read_or_refusal(path, x, y):
    try:
        return read_table(path, x, y)
    except InputError as error:
        return str(error)


def check(result):
    if isinstance(result, str):
        assert result.isprintable()
        assert result.startswith("mine.csv")
        assert len(result) < 1_000
    else:
        assert len(result) == len(result.x) == len(result.y) >= 2
        assert all(map(math.isfinite, [*result.x, *result.y]))
        assert (result.x_name + result.y_name).isprintable()


NAMES = st.none() | st.text(max_size=5)
LIKELY = st.text(st.sampled_from('0123,;.\t\n\r"e-_ ab[\x1b\0\ufeff') | st.characters())


@ONE_FILE
@given(text=LIKELY, x=NAMES, y=NAMES)
def test_any_text_is_read_or_refused(write, text, x, y):
    check(read_or_refusal(write(text.encode("utf-8", "surrogatepass")), x, y))


@ONE_FILE
@given(
    start=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"a,b\n1,2\n3,4\n"]),
    rest=st.binary(max_size=200),
    x=NAMES,
)
def test_any_bytes_are_read_or_refused(write, start, rest, x):
    check(read_or_refusal(write(start + rest), x, None))
