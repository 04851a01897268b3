"""The journal as a file: whole after whatever happens, and never more than one line of trouble."""

import itertools
import os
import pickle
import resource
import secrets
import signal
import sqlite3
import time
from array import array
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from helpers import (
    RICH,
    SECTION_6,
    T_C,
    T_U,
    THERMOMETER,
    TURNING,
    bits,
    complaint,
    recipe,
    recorded,
    session_of,
    table_of,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from paging import TABLE, beginning, elsewhere, page

from tempfit_tui import __version__
from tempfit_tui.engine.messages import Listed, packed
from tempfit_tui.frame import Change, CutOff, EarlyStop, Verdict, View
from tempfit_tui.journal import schema
from tempfit_tui.journal.journal import Journal, opened
from tempfit_tui.journal.pages import Kept, seal
from tempfit_tui.recipe import MoreData, Recipe
from tempfit_tui.record import Source
from tempfit_tui.session import keeping
from tempfit_tui.session.comparing import compared
from tempfit_tui.session.replaying import replay
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError
from tempfit_tui.training import checkpoint
from tempfit_tui.training.checkpoint import State

IN_MEMORY = "runs are kept in memory only, until you quit"
PATIENT = {**TURNING, "training__gradient": "analytic", "training__patience": 5}


def session_in(folder, **given):
    return Session(recipe(**given), THERMOMETER, Source("mine.csv", "/mine.csv"), Journal(folder))


def file_of(folder):
    return folder / "journal.db"


def rows(folder, query, *given):
    """Return what another program reads in the file."""
    db = sqlite3.connect(file_of(folder))
    try:
        return db.execute(query, given).fetchall()
    finally:
        db.close()


def altered(folder, *statements):
    db = sqlite3.connect(file_of(folder))
    try:
        for statement in statements:
            db.execute(*statement) if isinstance(statement, tuple) else db.execute(statement)
        db.commit()
    finally:
        db.close()


def numbers(losses):
    return [*memoryview(losses).cast("f")]


def test_it_is_a_wal_file_with_named_migrations_in_a_folder_that_is_made(tmp_path):
    folder = tmp_path / "not" / "there" / "yet"
    journal = Journal(folder)
    assert journal.trouble == ""
    assert rows(folder, "PRAGMA journal_mode") == [("wal",)]
    assert rows(folder, "SELECT name FROM migrations") == [(name,) for name in schema.MIGRATIONS]
    assert journal.read.summaries() == []
    assert journal.read.cut_off() is None
    journal.close()
    # Nothing is left beside it but the number of the newest commit.
    names = {each.name for each in folder.iterdir()}
    assert names <= {"journal.db", "journal.db-newest", "live"}


def test_pages_follow_each_other_over_the_rows_of_the_file():
    journal = Journal(None)
    run = journal.begin(beginning(), page(5, 5))
    for epochs, new in ((6, 1), (6, 0), (4_095, 4_089), (4_097, 2), (20_000, 15_903), (20_001, 1)):
        journal.write(run, page(epochs, new))
    losses = journal.read.losses(run, 20_001)
    assert numbers(losses.train) == numbers(losses.val) == [*range(1, 20_002)]
    assert numbers(journal.read.losses(run, 4_096).val) == [*range(1, 4_097)]
    assert journal.read.losses(run, 0) == (b"", b"")
    told = complaint(InputError, journal.read.losses, run, 20_002)
    assert (
        told == f"run {run}: damaged in the journal (losses of epoch 20002 are missing); delete it"
    )


def test_an_older_journal_is_brought_up_and_a_newer_one_refused(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    run = journal.begin(beginning(), page(3, 3))
    journal.leave(run)
    journal.close()
    with monkeypatch.context() as patch:
        patch.setitem(schema.MIGRATIONS, "notes", "CREATE TABLE notes (run TEXT); CREATE INDEX "
                      "those ON notes (run);")  # fmt: skip
        later = Journal(tmp_path)
        assert (later.trouble, [each.id for each in later.read.summaries()]) == ("", [run])
        later.close()
        made = rows(tmp_path, "SELECT name FROM migrations")
        assert made == [("runs",), ("leaps",), ("commits",), ("notes",)]
        assert rows(tmp_path, "SELECT * FROM notes") == []
    told = f"{file_of(tmp_path)}: from a newer tempfit-tui (notes); update to read it"
    assert complaint(InputError, opened, tmp_path) == told
    assert Journal(tmp_path).trouble == f"{told}; {IN_MEMORY}"


def test_a_run_of_an_older_version_without_a_noise_of_its_own_is_replayed_with_1_7(tmp_path):
    more = {**SECTION_6, "more_data__rows": 30}
    session = session_in(tmp_path, **more, more_data__noise=1.7)
    session.advance(epochs=40)
    session.leave()
    losses, run = recorded(session.run.train_losses), session.keeper.id
    # As it was written while 1.7 was the default, which is left out.
    without = "UPDATE runs SET recipe = replace(recipe, ', \"noise\": 1.7', '')"
    altered(tmp_path, without)
    (text,) = rows(tmp_path, "SELECT recipe FROM runs")[0]
    assert "noise" not in text
    assert '"rows": 30' in text
    read = opened(tmp_path).read
    assert read.record(run).recipe.more_data == MoreData(30, 1.7)
    assert replay(read, run).differs_at is None
    assert [*memoryview(read.losses(run, 40).train).cast("f")] == losses
    # By the data's own residuals, nine rows' about 1.71, the losses are others.
    assert recorded(trained(40, **more).train_losses) != losses


def test_a_run_is_kept_with_the_noise_that_it_drew_by(tmp_path):
    session = session_in(tmp_path, **SECTION_6, more_data__rows=30)
    session.advance(epochs=40)
    session.leave()
    read, run = opened(tmp_path).read, session.keeper.id
    found = read.record(run).recipe.more_data.noise
    x, y = (np.array(values)[[9, 2, 10, 8, 5, 1, 6, 4, 7]] for values in (T_U, T_C))
    assert found == pytest.approx(np.std(y - np.polyval(np.polyfit(x, y, 1), x)), rel=1e-9)
    assert replay(read, run).differs_at is None


def test_a_migration_is_made_whole_or_not_at_all(tmp_path, monkeypatch):
    Journal(tmp_path).close()
    with monkeypatch.context() as patch:
        patch.setitem(schema.MIGRATIONS, "half", "CREATE TABLE half (a); CREATE TABLE half (a)")
        told = complaint(InputError, opened, tmp_path)
        assert told == f"{file_of(tmp_path)}: table half already exists; move it away"
    assert rows(tmp_path, "SELECT name FROM sqlite_master WHERE name = 'half'") == []
    assert Journal(tmp_path).trouble == ""


def foreign(*statements):
    def make(folder):
        altered(folder, *statements)

    return make


def ours(*statements):
    def make(folder):
        session = session_in(folder, **SECTION_6)
        session.advance(5)
        session.leave()
        session.journal.close()
        altered(folder, *statements)

    return make


HARM = "INSERT INTO verdicts VALUES ('harm', 1, '', '')"
NO_JOURNAL = "not a journal of tempfit-tui; move it away"
STRANGERS = {
    "another program's": (foreign("CREATE TABLE bookmarks (url TEXT)"), NO_JOURNAL),
    "a name we know": (foreign("CREATE TABLE runs (id TEXT)"), NO_JOURNAL),
    "other migrations": (foreign("CREATE TABLE migrations (id INTEGER)"), "no such column: name"),
    "a trigger": (
        ours(f"CREATE TRIGGER harm AFTER UPDATE ON runs BEGIN {HARM}; END"),
        NO_JOURNAL,
    ),
    "a view": (ours("CREATE VIEW harm AS SELECT * FROM runs"), NO_JOURNAL),
    "a view in place of a table": (
        ours("ALTER TABLE runs RENAME TO them", "CREATE VIEW runs AS SELECT * FROM them"),
        NO_JOURNAL,
    ),
    "text": (lambda folder: file_of(folder).write_text("dear diary\n" * 99), "file is not a data"),
    "a folder": (lambda folder: file_of(folder).mkdir(), "unable to open database file"),
    "a header only": (
        lambda folder: file_of(folder).write_bytes(b"SQLite format 3\x00" + bytes(100)),
        "file is not a database",
    ),
}


@pytest.mark.parametrize(("make", "reason"), STRANGERS.values(), ids=STRANGERS)
def test_what_is_no_journal_of_ours_is_left_alone_and_told_in_one_line(make, reason, tmp_path):
    make(tmp_path)
    file = file_of(tmp_path)
    before = file.read_bytes() if file.is_file() else None
    told = complaint(InputError, opened, tmp_path)
    assert told.startswith(f"{file}: {reason}")
    assert told.endswith("move it away")
    session = session_in(tmp_path, **SECTION_6)
    assert session.journal.trouble.startswith(f"{file}: {reason}")
    assert session.journal.trouble.endswith(IN_MEMORY)
    session.advance(20)
    session.look_back(10)
    assert session.frame(View()).train_loss == trained(10, **SECTION_6).train_losses.last
    session.leave()
    if before:
        assert file.read_bytes() == before


@pytest.mark.parametrize("cut", [lambda file: file.unlink(), lambda file: os.truncate(file, 0)])
def test_a_log_whose_file_is_gone_or_empty_is_never_deleted(cut, tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(5)
    session.leave()
    log = file_of(tmp_path).with_name("journal.db-wal")
    content = log.read_bytes()
    session.journal.close()
    log.write_bytes(content)  # as it was before the journal was closed
    cut(file_of(tmp_path))
    told = (
        f"{file_of(tmp_path)}: is empty, and its last pages are in journal.db-wal; move both away"
    )
    assert complaint(InputError, opened, tmp_path) == told
    assert Journal(tmp_path).trouble == f"{told}; {IN_MEMORY}"
    assert log.read_bytes() == content


def tour(folder):
    """Read all there is in a journal, and go on with each run; return how often it was refused."""
    refused = []

    def tried(call, *arguments):
        try:
            return call(*arguments)
        except InputError as error:
            refused.append(str(error))
            return None

    journal = Journal(folder)
    read = journal.read
    assert journal.trouble == "" or journal.trouble.endswith(IN_MEMORY)
    assert journal.trouble.isprintable()
    summaries = tried(read.summaries) or []
    # All of it can be sent.
    packed(Listed(summaries))
    read.cut_off()
    tried(read.named, "last")
    tried(compared, read, [each.id for each in summaries], 10)
    for summary in summaries:
        assert all(word.isprintable() for word in (summary.name, summary.title, summary.model))
        assert time.gmtime(summary.begun)
        record = tried(read.record, summary.id)
        assert record is None or record.epochs == summary.epochs
        session = tried(Session.reopened, journal, summary.id)
        if session:
            packed(Listed(read.summaries()))
            session.advance(3)
            if session.run.epoch > 5:
                tried(session.look_back, 5)
                tried(session.branch)
            session.frame(View())
            session.leave()
    tried(journal.delete, [each.id for each in summaries])
    journal.close()
    if file_of(folder).is_file():
        tried(opened, folder)
    # One line each.
    assert all(told.isprintable() for told in refused)
    return refused


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory):
    """A journal with a run that was changed and stopped early, and a branch of it.

    Before them another one leapt.
    """
    folder = tmp_path_factory.mktemp("journal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "SPACING_SECONDS", 1e-3)
        session = session_in(folder, **SECTION_6)
        session.advance(3)
        session.leap(9)
        session.advance(2)
        session.leave()
        session.journal.close()
        session = session_in(folder, **PATIENT, model__dropout=0.1)
        session.advance(12)
        session.change({"training.lr": 0.02, "penalty.l2": 1e-3})
        session.advance(8)
        session.advance(7)
        session.look_back(19)
        session.branch()
        session.advance(3)
        session.leave()
        session.journal.close()
    assert len(rows(folder, "SELECT * FROM early_stops")) > 1
    assert len(rows(folder, "SELECT * FROM states")) > 2
    return file_of(folder)


@pytest.fixture(scope="module")
def given_folder(tmp_path_factory):
    """A function that gives a new folder, and notes if anything comes to be outside of it."""
    top = tmp_path_factory.mktemp("top")
    count = itertools.count()

    def make(content):
        folder = top / "deep" / str(next(count)) / "home"
        folder.mkdir(parents=True)
        file_of(folder).write_bytes(content)
        return folder

    yield make
    assert [each.name for each in top.iterdir()] == ["deep"]
    assert all([home.name for home in each.iterdir()] == ["home"] for each in top.glob("deep/*"))


def test_the_file_that_the_damaged_ones_are_made_of_is_read_whole(whole_file, given_folder):
    folder = given_folder(whole_file.read_bytes())
    newest, oldest, leapt = Journal(folder).read.summaries()
    assert (leapt.epochs, leapt.computed, oldest.computed) == (14, 9, 0)
    assert (newest.parent, newest.parent_epoch, newest.epochs) == (oldest.id, 19, 22)
    assert tour(folder) == []


@given(
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4),
    kept=st.just(1.0) | st.floats(0, 1),
)
@settings(max_examples=25)
def test_a_damaged_file_is_read_right_or_told_in_one_line(whole_file, given_folder, flips, kept):
    content = bytearray(whole_file.read_bytes())
    del content[int(kept * len(content)) :]
    for place, flip in flips:
        if content:
            content[int(place * (len(content) - 1))] ^= flip
    tour(given_folder(bytes(content)))


class Harm:
    """What a pickle would run."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


COLUMNS = {
    "tables": ("hash", "source", "x_name", "y_name", "x", "y"),
    "runs": ("id", "name", "file", "recipe", "hash", "parent", "parent_epoch", "torch", "tempfit",
             "unit", "begun", "left", "epochs", "standing"),
    "changes": ("run", "epoch", "at", "made"),
    "early_stops": ("run", "epoch", "best_epoch"),
    "leaps": ("run", "epoch", "until"),
    "losses": ("run", "first", "train", "val", "seal"),
    "states": ("run", "epoch", "kind", "state", "seal"),
    "verdicts": ("run", "epoch", "kind", "words"),
    "migrations": ("name",),
    "commits": ("journal", "number"),
}  # fmt: skip
EVERY_COLUMN = [(table, column) for table, columns in COLUMNS.items() for column in columns]
DRAWING = torch.Generator().get_state()
HOSTILE = [
    None, -1, 0, 7, 2**63 - 1, -(2**63), 0.5, 1e308, float("inf"), "", "x", "../../x", "..", "a\0b",
    "deadbeef\n", "\x1b[2J[red]", "null", "{}", "[]", "[" * 100_000, '{"training": {"lr": 1e999}}',
    '{"changes": [{"epoch": 2, "set": {"split.seed": 1}}]}', '[2, {}, {"split.seed": 7}]',
    '[2, {}, {"training.lr": -1}]', '[99999999999999999999, {}, {"training.lr": 1}]', b"", b"\xff",
    bytes(4_096), pickle.dumps(Harm()),
    *(
        checkpoint.packed(State(epoch, {"training.lr": rate}, torch.zeros(size), {}, DRAWING))
        for epoch, rate, size in ((10**6, 0.1, 25), (3, 0.1, 2), (3, -1, 25), (0, 0.1, 25))
    ),
]  # fmt: skip


def put(folder, table, column, value):
    altered(folder, (f"UPDATE OR IGNORE {table} SET {column} = ?", (value,)))
    if table in ("states", "losses") and isinstance(value, bytes) and column != "seal":
        # Harm is done by who knows how to seal it.
        parts = "state" if table == "states" else "train, val"
        for place, *sealed in rows(folder, f"SELECT rowid, {parts} FROM {table}"):
            if not all(isinstance(part, bytes) for part in sealed):
                continue
            altered(
                folder, (f"UPDATE {table} SET seal = ? WHERE rowid = ?", (seal(*sealed), place))
            )


@pytest.fixture(scope="module", autouse=True)
def apart(tmp_path_factory):
    """Be in a folder of its own, where harm shows."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("apart"))
    yield
    assert not list(Path().iterdir())
    os.chdir(before)


@given(st.lists(st.tuples(st.sampled_from(EVERY_COLUMN), st.sampled_from(HOSTILE)), min_size=1,
                max_size=2))  # fmt: skip
@settings(max_examples=60)
def test_whatever_stands_in_a_column_is_told_in_one_line(whole_file, given_folder, values):
    folder = given_folder(whole_file.read_bytes())
    for (table, column), value in values:
        put(folder, table, column, value)
    tour(folder)


@pytest.mark.parametrize("name", ["../../x", "..", "", "a\0b", "deadbeef\n", "DEADBEEF", "%"])
def test_a_name_is_never_a_path(name, tmp_path):
    journal = Journal(tmp_path / "home")
    journal.begin(beginning(), page(3, 3))
    for call in (journal.take_up, journal.read.record, lambda run: journal.delete([run])):
        assert complaint(InputError, call, name).endswith(
            "there is none; `tempfit-tui runs` lists them"
        )
    assert [each.name for each in tmp_path.iterdir()] == ["home"]
    journal.close()


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_that_is_gone_keeps_no_run_from_being_trained(table, tmp_path):
    ours(f"DROP TABLE {table}")(tmp_path)
    session = session_in(tmp_path, **SECTION_6)
    session.advance(20)
    assert session.journal.trouble.endswith(IN_MEMORY) or session.journal.trouble == ""
    assert session.run.epoch == 20
    if not complaint(InputError, session.look_back, 10):
        assert session.frame(View()).train_loss == trained(10, **SECTION_6).train_losses.last
    session.leave()


def test_a_word_that_isn_t_utf_8_doesn_t_hide_the_other_runs(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(5)
    session.leave()
    altered(tmp_path, "UPDATE runs SET name = CAST(x'61ff62' AS TEXT)")
    assert [each.name for each in session.journal.read.summaries()] == ["a�b"]


def test_a_file_whose_name_isn_t_utf_8_is_kept_with_a_question_mark(tmp_path):
    name = os.fsdecode(b"\xff.csv")
    made = recipe(**SECTION_6, data__path=name)
    session = Session(made, THERMOMETER, Source(name, f"/{name}"), Journal(tmp_path))
    session.advance(5)
    session.leave()
    record = session.journal.read.record(session.keeper.id)
    assert (record.name, record.file, record.recipe.data.path) == ("?.csv", "/?.csv", "?.csv")
    assert session.journal.trouble == ""


def test_two_journals_write_to_one_file_at_once(tmp_path):
    one, other = Journal(tmp_path), Journal(tmp_path)
    runs = [journal.begin(beginning(), page(3, 3)) for journal in (one, other)]
    for epochs in range(4, 60):
        for journal, run in zip((one, other), runs, strict=True):
            journal.write(run, page(epochs, 1))
    for journal in (one, other):
        assert [each.id for each in journal.read.summaries()] == runs[::-1]
        assert [each.state for each in journal.read.summaries()] == ["live", "live"]
        for run in runs:
            assert numbers(journal.read.losses(run, 59).val) == [*range(1, 60)]
        assert journal.trouble == ""
    one.close()
    assert [each.state for each in other.read.summaries()] == ["live", "cut off"]
    other.close()


def test_two_processes_write_to_one_file_at_once(tmp_path):
    with elsewhere(tmp_path, "write") as (one, _), elsewhere(tmp_path, "write") as (other, _):
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (one, other):
            process.stdin.close()
            assert process.stdout.read() == "\n"
    journal = Journal(tmp_path)
    summaries = journal.read.summaries()
    assert [each.epochs for each in summaries] == [53] * 10
    for each in summaries:
        assert numbers(journal.read.losses(each.id, 53).val) == [*range(1, 54)]
        assert len([*journal.read.states(each.id, 53)]) == 50
        assert each.state == "cut off"
    journal.close()


def fill(journal):
    """Let the disk be full."""
    (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
    journal._db.execute(f"PRAGMA max_page_count = {pages}")


def full_before_its_first_page(session):
    fill(session.journal)
    session.advance(1_600)


def full_on_its_way(session):
    session.advance(1_000)
    session.keeper.write()
    fill(session.journal)
    session.advance(600)


def full_at_a_change(session):
    session.advance(1_600)
    fill(session.journal)


def gone_on_its_way(session):
    session.advance(1_600)
    session.journal._db.close()


FAILING = {
    each.__name__: each
    for each in (full_before_its_first_page, full_on_its_way, full_at_a_change, gone_on_its_way)
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_where_the_disk_fails_training_goes_on_with_the_same_bits_and_its_past(failing, tmp_path):
    ways = {**SECTION_6, "training__gradient": "analytic"}
    session, still = session_in(tmp_path, **ways), session_of(**ways)
    failing(session)
    still.advance(1_600)
    for each in (session, still):
        # A page of 1,600 epochs is more than the room that is left in the file's own pages.
        each.change({"training.lr": 0.02})
        each.advance(20)
        each.keeper.write()
    trouble = session.frame(View()).notice
    assert trouble == session.journal.trouble
    assert trouble.startswith(f"{file_of(tmp_path)}: ") or failing is gone_on_its_way
    assert trouble.endswith(IN_MEMORY)
    assert trouble.isprintable()
    assert bits(session.run) == bits(still.run)
    if failing is gone_on_its_way:
        return
    for epoch in (1_610, 1_200, 3):
        for each in (session, still):
            each.look_back(epoch)
            each.branch()
        assert bits(session.run) == bits(still.run)
        assert session.run.changes == still.run.changes
    told = [(each.parent_epoch, each.state) for each in session.journal.read.summaries()]
    assert told == [(3, "live"), (1_200, "left"), (1_610, "left"), (0, "left")]


def test_where_the_disk_is_full_at_a_branch_it_has_its_parent_s_past_all_the_same(tmp_path):
    ways = {**SECTION_6, "training__gradient": "analytic"}
    session = session_in(tmp_path, **ways)
    session.advance(1_600)
    session.keeper.write()
    session.look_back(1_500)
    fill(session.journal)
    session.branch()
    assert session.journal.trouble.endswith(f"is full; {IN_MEMORY}")
    session.look_back(700)
    assert session.frame(View()).train_loss == trained(700, **ways).train_losses.last
    # What was on the disk is there.
    assert [each.epochs for each in Journal(tmp_path).read.summaries()] == [1_600]


def test_where_a_file_may_not_grow_it_goes_on_in_memory(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(5)
    session.keeper.write()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, before[1]))
    try:
        session.advance(20)
        session.keeper.write()
        session.look_back(12)
        frame = session.frame(View())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert frame.notice.endswith(IN_MEMORY)
    assert frame.train_loss == trained(12, **SECTION_6).train_losses.last
    assert len(session.journal.read.losses(session.keeper.id, 25).train) == 4 * 25


def test_where_no_folder_can_be_made_it_is_in_memory_from_the_start(tmp_path):
    (tmp_path / "file").touch()
    session = session_in(tmp_path / "file" / "home", **SECTION_6)
    session.advance(30)
    assert session.frame(View()).notice == (
        f"{tmp_path}/file/home/journal.db: Not a directory; {IN_MEMORY}"
    )
    session.look_back(12)
    session.branch()
    assert bits(session.run) == bits(trained(12, **SECTION_6))
    assert len(session.journal.read.summaries()) == 2
    # Nothing has been kept there.
    assert opened(tmp_path / "file" / "home").read.summaries() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told_in_one_line(tmp_path):
    (tmp_path / "home").mkdir(mode=0o500)
    journal = Journal(tmp_path / "home")
    assert (
        journal.trouble == f"{tmp_path}/home/journal.db: unable to open database file; {IN_MEMORY}"
    )


def test_a_run_that_can_t_be_locked_is_kept_in_memory(tmp_path):
    journal = Journal(tmp_path)
    (tmp_path / "live").touch()
    run = journal.begin(beginning(), page(3, 3))
    assert journal.trouble == f"{file_of(tmp_path)}: File exists; {IN_MEMORY}"
    assert journal.read.row(run).epochs == 3


def test_a_list_of_runs_tells_each_with_its_newest_figures(tmp_path):
    session = session_in(tmp_path, **TURNING, title="Rich")
    began = time.time()
    session.advance(400)
    session.keeper.write()
    (summary,) = session.journal.read.summaries()
    frame = session.frame(View())
    assert (summary.id, summary.state) == (frame.run, "live")
    assert (summary.name, summary.title, summary.model) == ("mine.csv", "Rich", "mlp 1-8-1 tanh")
    assert abs(summary.begun - began) < 60
    assert (summary.epochs, summary.train_loss, summary.val_loss) == (
        400,
        frame.train_loss,
        frame.val_loss,
    )
    assert (summary.best_epoch, summary.best_loss) == (103, frame.best_loss)
    assert summary.verdict == frame.verdict
    assert (summary.parent, summary.differs) == (None, {})
    assert 30 < len(summary.sketch) <= 60
    assert summary.sketch[-1] == frame.val_loss
    row = session.journal.read.row(summary.id)
    assert row.torch.startswith("2.")
    assert row.tempfit == __version__
    session.leave()
    assert [each.state for each in session.journal.read.summaries()] == ["left"]


def test_a_run_that_diverged_tells_what_isn_t_finite_as_nothing():
    session = session_of(**SECTION_6)
    session.advance(5)
    session.change({"training.lr": 1e6})
    session.advance(100)
    (summary,) = session.journal.read.summaries()
    assert (summary.train_loss, summary.verdict.kind) == (None, "diverging")
    assert all(loss < 1e39 for loss in summary.sketch)
    again = Session.reopened(session.journal, summary.id)
    assert (again.run.stopped, bits(again.run)[:3]) == (
        session.run.stopped,
        bits(session.run)[:3],
    )


def test_a_run_without_validation_rows_has_no_losses_of_them():
    session = session_of(**{**SECTION_6, "split__validation": [], "split__train": None})
    session.advance(30)
    session.keeper.write()
    (summary,) = session.journal.read.summaries()
    assert (summary.val_loss, summary.best_epoch, summary.best_loss) == (None, None, None)
    assert summary.sketch[-1] == summary.train_loss
    assert session.journal.read.losses(summary.id, 30).val == b""


def test_what_a_run_differs_in_from_its_parent_is_told():
    session = session_of(**TURNING)
    session.advance(30)
    session.look_back(20)
    session.branch()
    session.change({"training.lr": 0.5, "training.epochs": 99, "penalty.l2": 0.1})
    (newest, oldest) = session.journal.read.summaries()
    assert newest.differs == {"training.lr": (0.03, 0.5), "penalty.l2": (0.0, 0.1)}
    assert oldest.differs == {}
    other = Session(recipe(**RICH), THERMOMETER, journal=session.journal, before=session)
    other.advance(5)
    other.keeper.write()
    newest = session.journal.read.summaries()[0]
    assert newest.parent == session.keeper.id
    assert newest.differs["model.hidden"] == ((8,), (32, 32))
    # Those that were asked for, in the order they were asked for.
    ids = [oldest.id, "deadbeef", newest.id]
    assert [each.id for each in session.journal.read.summaries(ids)] == [oldest.id, newest.id]


def test_a_verdict_is_noted_where_its_words_change():
    journal = Journal(None)
    early, fits = Verdict("too early", "too early to say"), Verdict("fits", "fits", "why")
    run = journal.begin(beginning(), page(3, 3, verdict=early))
    for epochs, verdict in ((4, early), (9, fits), (10, fits), (12, early)):
        journal.write(run, page(epochs, epochs - 3, verdict=verdict))
    noted = journal._db.execute("SELECT epoch, kind, words FROM verdicts").fetchall()
    assert noted == [
        (3, "too early", "too early to say"),
        (9, "fits", "fits"),
        (12, "too early", "too early to say"),
    ]


def test_a_change_is_kept_with_its_time_and_a_branch_has_it_too(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(10)
    began = time.time()
    session.change({"training.lr": 0.02})
    session.advance(10)
    session.change({"training.lr": 0.03})
    ended = time.time()
    session.advance(10)
    session.keeper.write()
    kept = rows(tmp_path, "SELECT epoch, at, made FROM changes ORDER BY epoch")
    assert [epoch for epoch, _, _ in kept] == [11, 21]
    assert began <= kept[0][1] <= kept[1][1] <= ended
    assert [msgspec.json.decode(made, type=Change) for _, _, made in kept] == session.run.changes
    session.look_back(15)
    session.branch()
    branched = rows(
        tmp_path, "SELECT epoch, at, made FROM changes WHERE run = ?", session.keeper.id
    )
    assert branched == kept[:1]
    # What cancels out was never there.
    session.change({"training.lr": 0.5})
    session.change({"training.lr": 0.02})
    assert session.journal.read.changes(session.keeper.id) == session.run.changes[:1]
    assert rows(tmp_path, "SELECT count(*) FROM changes WHERE run = ?", session.keeper.id) == [(1,)]


def test_a_run_goes_by_its_id_a_unique_beginning_of_it_or_last(monkeypatch):
    journal = Journal(None)
    none = "no such run; `tempfit-tui runs` lists them"
    assert complaint(InputError, journal.read.named, "last") == f"last: {none}"
    ids = iter(["abc00001", "abd00002", "12345678"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(ids))
    for _ in range(3):
        journal.begin(beginning(), page(3, 3))
    for name, run in {
        "last": "12345678",
        "1": "12345678",
        "abc": "abc00001",
        "ABD0": "abd00002",
        "abc00001": "abc00001",
    }.items():
        assert journal.read.named(name) == run
    for name, told in {
        "ab": "ab: could be abd00002 or abc00001; write more of its id",
        "": f": {none}",
        "abc000011": f"abc000011: {none}",
        "%": f"%: {none}",
        "LAST": f"LAST: {none}",
    }.items():
        assert complaint(InputError, journal.read.named, name) == told


def test_a_table_is_kept_once_and_goes_with_the_last_run_on_it():
    journal = Journal(None)
    others = table_of((1.0, 2.0), (1.0, 5.0), source="other.csv")
    runs = [journal.begin(beginning(table=table), page(3, 3)) for table in (TABLE, TABLE, others)]
    for run in runs:
        journal.leave(run)

    def count(table):
        return journal._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    assert (count("tables"), count("runs")) == (2, 3)
    journal.delete([runs[0]])
    assert (count("tables"), count("runs"), count("losses")) == (2, 2, 2)
    assert journal.read.record(runs[1]).table == TABLE
    journal.delete(runs[1:])
    assert [count(table) for table in COLUMNS] == [0, 0, 0, 0, 0, 0, 0, 0, 3, 1]


def test_of_several_to_delete_all_go_or_none():
    journal = Journal(None)
    left, live = (journal.begin(beginning(), page(3, 3)) for _ in "ab")
    journal.leave(left)
    told = complaint(InputError, journal.delete, [left, live])
    assert told == f"run {live}: is being trained; leave it before you delete it"
    assert complaint(InputError, journal.delete, [left, "deadbeef"]).startswith("run deadbeef: ")
    assert [each.id for each in journal.read.summaries()] == [live, left]


def test_a_run_is_left_at_the_very_moment_another_begins_from_it(tmp_path):
    journal = Journal(tmp_path)
    parent = journal.begin(beginning(), page(3, 3))
    branch = journal.begin(beginning()._replace(parent=parent, parent_epoch=2), page(2, 0))
    journal.close()
    journal = Journal(tmp_path)
    states = [(each.id, each.state) for each in journal.read.summaries()]
    assert states == [(branch, "cut off"), (parent, "left")]
    journal.close()


def test_a_branch_outlives_its_parent():
    session = session_of(**TURNING)
    session.advance(30)
    session.look_back(20)
    parent = session.keeper.id
    session.branch()
    session.journal.delete([parent])
    session.advance(20)
    session.keeper.write()
    (summary,) = session.journal.read.summaries()
    assert (summary.parent, summary.parent_epoch, summary.differs) == (parent, 20, {})
    session.look_back(10)
    session.branch()
    assert bits(session.run) == bits(trained(10, **TURNING))


def test_another_process_s_run_is_live_and_its_own_until_it_is_killed(tmp_path):
    journal = Journal(tmp_path)
    with elsewhere(tmp_path) as (process, run):
        row = journal.read.row(run)
        assert journal.read.state(row) == "live"
        assert journal.read.cut_off() is None
        assert complaint(InputError, journal.take_up, run) == (
            f"run {run}: another tempfit-tui is training it; leave it there first"
        )
        assert complaint(InputError, journal.delete, [run]).startswith(f"run {run}: is being")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert journal.read.state(row) == "cut off"
        # Whoever looks doesn't take it.
        assert Journal(tmp_path).read.cut_off() == CutOff(run, "mine.csv", 3)
    journal.take_up(run)
    assert journal.read.state(journal.read.row(run)) == "live"
    journal.write(run, page(5, 2))
    assert numbers(journal.read.losses(run, 5).val) == [1, 2, 3, 4, 5]
    journal.leave(run)
    assert journal.read.state(journal.read.row(run)) == "left"
    assert journal.read.cut_off() is None
    assert not list((tmp_path / "live").iterdir())
    journal.close()


@pytest.mark.parametrize(("how", "state"), [("begin", "cut off"), ("leave", "left")])
def test_a_process_that_ends_leaves_its_run_or_is_cut_off_from_it(how, state, tmp_path):
    with elsewhere(tmp_path, how) as (process, run):
        process.stdin.close()
        assert process.wait(30) == 0
    journal = Journal(tmp_path)
    assert [(each.id, each.state) for each in journal.read.summaries()] == [(run, state)]
    journal.close()


def test_a_run_that_can_t_be_gone_on_with_is_told_and_not_offered_again(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(5)
    session.keeper.write()
    run = session.keeper.id
    session.journal.close()
    altered(tmp_path, "UPDATE tables SET x = x'00'")
    journal = Journal(tmp_path)
    assert journal.read.cut_off() == CutOff(run, "mine.csv", 5)
    told = complaint(InputError, Session.reopened, journal, run)
    assert told.startswith(f"run {run}: damaged in the journal (")
    assert journal.read.cut_off() is None
    journal.delete([run])
    journal.close()


def test_what_is_damaged_is_passed_over_when_a_run_is_offered(tmp_path):
    journal = Journal(tmp_path)
    runs = [journal.begin(beginning(Recipe(title=f"run {n}")), page(3, 3)) for n in range(2)]
    journal.close()
    altered(tmp_path, ("UPDATE runs SET recipe = '' WHERE id = ?", (runs[1],)))
    journal = Journal(tmp_path)
    assert journal.read.cut_off() == CutOff(runs[0], "run 0", 3)
    altered(tmp_path, "DROP TABLE runs")
    assert journal.read.cut_off() is None
    journal.close()


def test_states_are_given_latest_first_and_never_damaged():
    journal = Journal(None)
    states = [Kept(epoch, 0, bytes([epoch])) for epoch in (1, 2, 3)]
    run = journal.begin(beginning(), page(3, 3, states=states, early_stops=[EarlyStop(3, 1)]))
    assert [*journal.read.states(run, 3)] == [b"\3", b"\2", b"\1"]
    assert [*journal.read.states(run, 2)] == [b"\2", b"\1"]
    journal._db.execute("UPDATE states SET state = x'ff' WHERE epoch = 2")
    assert [*journal.read.states(run, 3)] == [b"\3", b"\1"]
    assert journal.read.record(run).early_stops == [EarlyStop(3, 1)]


def test_an_epoch_of_the_straight_line_takes_few_bytes(tmp_path):
    session = session_in(tmp_path, **SECTION_6, training__gradient="analytic")
    session.advance(20_000)
    session.leave()
    session.journal.close()
    # Two losses are 8 bytes; the rest is states, and the file's own.
    assert file_of(tmp_path).stat().st_size <= 20 * 20_000
    journal = Journal(tmp_path)
    assert [each.epochs for each in journal.read.summaries()] == [20_000]
    losses = array("f", journal.read.losses(session.keeper.id, 20_000).train)
    assert losses[-1] == session.run.train_losses.last
    journal.close()
