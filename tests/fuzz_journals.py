"""Journals to fuzz with, most of them damaged: what can be read there is told, and stays."""

import contextlib
import shutil
import sqlite3
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fuzzing import Case, called, check_line, check_told, put
from helpers import SECTION_6, THERMOMETER, TURNING, recipe
from hypothesis import strategies as st

from tempfit_tui.journal import journal
from tempfit_tui.journal.journal import FILE, Journal, opened
from tempfit_tui.record import Source
from tempfit_tui.session import keeping
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError

TABLES_KEPT = ("runs", "tables", "changes", "early_stops", "leaps", "losses", "states", "verdicts")
STATEMENTS = [
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE rowid % 2",
    "DROP TABLE {table}",
    "ALTER TABLE {table} RENAME TO another",
    "ALTER TABLE {table} ADD COLUMN another",
    "CREATE VIEW another AS SELECT * FROM {table}",
    "CREATE TRIGGER another AFTER UPDATE ON runs BEGIN DELETE FROM {table}; END",
    "UPDATE runs SET epochs = epochs + 1",
    "UPDATE runs SET epochs = 1000000000000 WHERE rowid = 1",
    "UPDATE runs SET recipe = '{{}}' WHERE rowid = 1",
    "UPDATE runs SET standing = '{{}}' WHERE rowid = 2",
    "UPDATE runs SET parent = id",
    "UPDATE runs SET left = NULL",
    "UPDATE losses SET train = zeroblob(3000000)",
    "UPDATE losses SET first = first + 1",
    "UPDATE states SET epoch = epoch + 1",
    "UPDATE leaps SET until = until + 1",
    "UPDATE leaps SET epoch = -1",
    "UPDATE leaps SET until = 1000000000000",
    "UPDATE changes SET made = '[3, {{}}, {{\"training.lr\": 1e999}}]'",
    "INSERT INTO migrations VALUES ('later')",
    "DELETE FROM migrations",
    "PRAGMA user_version = 7",
    "PRAGMA journal_mode = DELETE",
    "VACUUM",
]


@cache
def small_journal():
    """Return the files of a journal with two runs, changed and branched, closed."""
    return _journals()[0]


@cache
def _journals():
    """Return the files of a journal as they are after the end, and before: with its log.

    The same in each process, but for SQLite's own salts in the log.
    """
    with pytest.MonkeyPatch.context() as patch:
        ids = map("{:08x}".format, count(0x1000))
        patch.setattr(journal.secrets, "token_hex", lambda _: next(ids))
        patch.setattr(journal.time, "time", lambda: 1.7e9)
        patch.setattr(keeping, "SPACING_SECONDS", 0.0)
        patch.setattr(keeping, "BYTES_A_SECOND", float("inf"))
        with TemporaryDirectory() as name:
            folder = Path(name)
            given = recipe(**TURNING, training__gradient="analytic", training__patience=5)
            for made in (given, recipe(**SECTION_6)):
                source = Source("mine.csv", "/mine.csv")
                session = Session(made, THERMOMETER, source, Journal(folder))
                train(session, 12)
                session.change({"training.lr": 0.02})
                train(session, 8)
                if made.model.kind == "linear":
                    session.leap(6)
                session.look_back(9)
                session.branch()
                train(session, 3)
                session.leave()
            live = {file.name: file.read_bytes() for file in folder.glob(f"{FILE}*")}
            session.journal.close()
            del session
            closed = {file.name: file.read_bytes() for file in folder.glob(f"{FILE}*")}
    assert f"{FILE}-wal" in live
    return closed, live


def train(session, epochs):
    """Train epoch by epoch: how many at a time goes by the clock."""
    for _ in range(epochs):
        session.advance(1)


@st.composite
def journal_cases(draw):
    """Give a journal's files with some of them damaged."""
    files = dict(draw(st.sampled_from(_journals())))
    how = draw(st.sampled_from(["bytes", "pages", "cut", "rows", "random", "gone"]))
    name = draw(st.sampled_from(sorted(files)))
    content, place = files[name], draw(st.floats(0, 1))
    match how:
        case "bytes":
            files[name] = _flipped(content, draw)
        case "pages":
            at, other = (
                int(p * (len(content) // 4096)) * 4096 for p in (place, draw(st.floats(0, 1)))
            )
            page = draw(
                st.sampled_from([bytes(4096), content[other : other + 4096], b"\xff" * 4096])
            )
            files[name] = content[:at] + page + content[at + 4096 :]
        case "cut":
            files[name] = content[: int(place * len(content))]
        case "rows":
            chosen = st.tuples(st.sampled_from(STATEMENTS), st.sampled_from(TABLES_KEPT))
            statements = draw(st.lists(chosen, min_size=1, max_size=2))
            files = _altered(files, [words.format(table=table) for words, table in statements])
        case "random":
            files[name] = draw(st.binary(max_size=300))
        case "gone":
            del files[name]
    command = draw(st.sampled_from([["runs"], ["runs", "--json"], ["replay", "last"],
                                    ["export", "last", "--to", "csv"],
                                    ["export", "last", "--to", "script"],
                                    ["run", "split", "--epochs", "2"]]))  # fmt: skip
    return Case(files, command)


def _flipped(content, draw):
    content = bytearray(content)
    flips = draw(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=9))
    for place, flip in flips:
        if content:
            content[int(place * (len(content) - 1))] ^= flip
    return bytes(content)


def _altered(files, statements):
    with TemporaryDirectory() as folder:
        put(files, Path(folder))
        db = sqlite3.connect(Path(folder) / FILE, isolation_level=None)
        for statement in statements:
            with contextlib.suppress(sqlite3.Error):
                db.execute(statement)
        db.close()
        return {file.name: file.read_bytes() for file in Path(folder).glob(f"{FILE}*")}


def check_journal(case, folder):
    """Read a journal, then call a command on it: what any SQLite tool reads there stays."""
    beside = folder / "beside"
    beside.mkdir()
    put(case.files, beside)
    there, whole = rows_in(beside), rows_of_the_whole()
    shown = read_all(folder)
    if shown is not None:
        rows = there.get("runs", {})
        intact = {row[0].decode() for place, row in whole["runs"].items() if rows.get(place) == row}
        assert intact <= shown, f"{intact - shown} left out, though nothing is wrong with them"
    read = rows_in(folder)
    assert all(read.get(table) == rows for table, rows in there.items()), "reading altered it"
    told = called(case.arguments, folder)
    outcome = check_told(told)
    assert case.arguments[0] != "run" or told.code == 0, told
    after = rows_in(folder)
    for table, rows in there.items():
        lost = rows.keys() - after.get(table, {}).keys()
        assert not lost, f"{case.arguments} lost {lost} of {table}"
    if case.arguments[0] == "runs" and shown is not None:
        damaged = len(there.get("runs", {})) - len(shown)
        assert ("left out" in told.err) == (damaged > 0), f"{damaged} left out"
    return "damaged, and told" if shown is None else f"read, {case.arguments[0]} {outcome}"


def read_all(folder):
    """Return the runs that are listed, having read all of them; None where it is refused."""
    try:
        kept = opened(folder)
    except InputError as error:
        check_line(str(error))
        return None
    try:
        shown = {run.id for run in kept.read.summaries()}
        assert len(shown) <= kept.read.count()
        whole = {row[0].decode(): row[2] for row in rows_of_the_whole()["losses"].values()}
        for run in shown:
            with contextlib.suppress(InputError):
                losses = kept.read.losses(run, kept.read.record(run).epochs)
                assert whole.get(run, b"").startswith(losses.train)
    except InputError as error:
        check_line(str(error))
        return None
    else:
        return shown
    finally:
        kept.close()


@cache
def rows_of_the_whole():
    """Return the rows of the journal that the damaged ones are made of."""
    with TemporaryDirectory() as name:
        put(small_journal(), Path(name))
        return rows_in(Path(name))


def rows_in(folder):
    """Return the rows of each table that any SQLite tool can read in a copy of the files there."""
    found = {}
    with TemporaryDirectory() as name:
        copy = Path(name)
        for file in folder.glob(f"{FILE}*"):
            shutil.copy(file, copy)
        if not (copy / FILE).exists():
            return found
        db = sqlite3.connect(copy / FILE)
        db.text_factory = bytes
        for table in TABLES_KEPT:
            with contextlib.suppress(sqlite3.Error):
                rows = db.execute(f"SELECT rowid, * FROM {table}").fetchall()
                found[table] = {rowid: tuple(row) for rowid, *row in rows}
        db.close()
    return found
