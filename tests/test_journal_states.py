"""The journal in every state that a kill can leave its files in, and in damaged ones.

After a kill each commit that was made is there. Where files were damaged or removed, what is
missing is said in one line, or the file is refused: no run is missing without a word.
"""

import itertools
import shutil
import sqlite3
import struct
from contextlib import closing
from typing import NamedTuple

import pytest
from paging import beginning, page
from screen import sitting_at

from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.journal.journal import FILE, Journal, opened
from tempfit_tui.journal.pages import Kept

HEADER, FRAME_HEADER = 32, 24
"""The bytes before the first frame of SQLite's log, and before each page in it."""
LOG, INDEX, NEWEST = f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-newest"


class State(NamedTuple):
    """The journal's files between two commits, and what was committed."""

    files: dict[str, bytes]
    epochs: dict[str, int]
    """How many epochs each run has."""


def files_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Give the states while three runs are begun, written to and left, and the one when closed."""
    folder = tmp_path_factory.mktemp("journal")
    journal, epochs, seen = Journal(folder), {}, []

    def note():
        seen.append(State(files_of(folder), dict(epochs)))

    parent = None
    for _ in range(3):
        run = journal.begin(beginning()._replace(parent=parent), page(3, 3))
        epochs[run] = 3
        note()
        # As a jump does: a page with a state.
        journal.write(run, page(9, 6, states=[Kept(9, 1, bytes(9000))]))
        epochs[run] = 9
        note()
        parent = run
    assert journal.trouble == ""
    journal.close()
    note()
    return seen


@pytest.fixture
def left_as(tmp_path):
    """Write files to an empty folder, and return it."""

    def write(files):
        folder = tmp_path / "home"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            if content is not None:
                (folder / name).write_bytes(content)
        return folder

    return write


def read_at(folder):
    """Return the epochs of each run that is listed, and what is said beside."""
    journal = opened(folder)
    try:
        count, runs = journal.read.count(), journal.read.summaries()
        said = journal.trouble or ("damaged" if count != len(runs) else "")
        return {run.id: run.epochs for run in runs}, said
    finally:
        journal.close()


def frames_of(log):
    """Return where each frame of a log begins, and its end."""
    size = struct.unpack(">I", log[8:12])[0] + FRAME_HEADER
    return [*range(HEADER, len(log) + 1, size)]


def test_each_commit_is_there_after_a_kill_between_two(states, left_as):
    for state in states:
        for index in (state.files.get(INDEX), None, b""):
            folder = left_as({**state.files, INDEX: index})
            # The second reading finds what the first one left.
            assert read_at(folder) == read_at(folder) == (state.epochs, "")


def test_a_kill_in_the_middle_of_a_commit_leaves_all_or_none_of_it(states, left_as):
    for before, after in itertools.pairwise(states[:-1]):
        log = after.files[LOG]
        begun = len(before.files[LOG])
        ends = [end for end in frames_of(log) if end >= begun]
        for end in {*ends, *(end + 100 for end in ends[:-1])}:
            for index in (before.files[INDEX], after.files[INDEX], None):
                whole = end == len(log)
                if index == after.files[INDEX] and not whole:
                    continue  # the index is written when the log is
                files = {**before.files, LOG: log[:end], INDEX: index}
                epochs, said = read_at(left_as(files))
                assert said == ""
                assert epochs in ((after.epochs,) if whole and index != before.files[INDEX]
                                  else (before.epochs, after.epochs) if whole
                                  else (before.epochs,))  # fmt: skip


def test_a_kill_before_the_newest_commit_is_noted_loses_nothing(states, left_as):
    for before, after in itertools.pairwise(states[:-1]):
        folder = left_as({**after.files, NEWEST: before.files[NEWEST]})
        assert read_at(folder) == (after.epochs, "")


def test_a_kill_while_the_log_is_written_back_loses_nothing(states, left_as):
    last, closed = states[-2:]
    old, new = last.files[FILE], closed.files[FILE]
    size = 4096
    for end in range(0, len(new) + size, size):
        partly = new[:end] + old[end:]
        for index in (last.files[INDEX], None):
            folder = left_as({**last.files, FILE: partly, INDEX: index})
            assert read_at(folder) == (last.epochs, "")


def test_a_listing_beside_a_living_app_and_after_it_is_complete(tmp_path):
    one, other = Journal(tmp_path), Journal(tmp_path)
    for _ in range(3):
        runs = [journal.begin(beginning(), page(3, 3)) for journal in (one, other)]
        assert {*runs} <= read_at(tmp_path)[0].keys()
    one.close()
    listed = read_at(tmp_path)
    other.close()
    assert listed == read_at(tmp_path)
    assert len(listed[0]) == 6


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "empty"])
def test_what_a_damaged_log_loses_is_said(states, left_as, damage):
    last = states[-2]
    log = last.files[LOG]
    ends = frames_of(log)
    logs = {
        "cut": [log[:end] for end in ends[:-1]],
        "flip": [log[:at] + bytes([log[at] ^ 64]) + log[at + 1 :]
                 for end in ends[:-1] for at in (end + 3, end + 17, end + 500)],
        "gone": [None],
        "empty": [b""],
    }[damage]  # fmt: skip
    lost = 0
    for damaged in logs:
        # SQLite goes by the index as long as a process has it, so this is after all have ended.
        folder = left_as({**last.files, LOG: damaged, INDEX: None})
        epochs, said = read_at(folder)
        if epochs != last.epochs:
            lost += 1
            assert f"{LOG} was damaged or removed" in said
    assert lost, "a damage was expected to lose something"


def test_runs_replay_and_export_say_what_is_missing(states, left_as, tempfit, monkeypatch):
    last = states[-2]
    for command in (["runs"], ["replay", "last"], ["export", "last", "--to", "csv"]):
        folder = left_as({**last.files, LOG: last.files[LOG][: frames_of(last.files[LOG])[-4]]})
        (folder / INDEX).unlink()
        monkeypatch.setenv("TEMPFIT_HOME", str(folder))
        _, _, err = tempfit(*command)
        assert err.splitlines()[0].endswith(
            "changes are missing, as journal.db-wal was damaged or removed; "
            "check the newest runs, or restore both from a backup"
        )


async def test_the_app_says_what_is_missing(states, left_as, monkeypatch):
    last = states[-2]
    folder = left_as({**last.files, LOG: None, INDEX: None})
    monkeypatch.setenv("TEMPFIT_HOME", str(folder))
    async with sitting_at(engine=LocalEngine(), size=(160, 40)) as person:
        await person.sees("Journal")
        (said,) = [note.message for note in person.app._notifications]
        assert "changes are missing, as journal.db-wal was damaged or removed" in said


def test_a_file_of_another_time_is_never_taken_for_a_shorter_one(states, left_as):
    # An old backup of the file alone beside the newest number: said as well.
    first, closed = states[0], states[-1]
    with closing(sqlite3.connect(left_as(first.files) / FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        old = db.serialize()
    epochs, said = read_at(left_as({**closed.files, FILE: old}))
    assert epochs == first.epochs
    assert "changes are missing" in said
