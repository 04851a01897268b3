"""The journal on the command line: runs listed, trained again to the bit, and taken away."""

import json
import sqlite3
import sys
from array import array

import pytest
from helpers import (
    SECTION_6,
    THERMOMETER,
    TURNING,
    bits,
    complaint,
    python,
    recipe,
    recorded,
    table_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui import kept
from tempfit_tui.catalogue import open_named
from tempfit_tui.export.script import script
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal
from tempfit_tui.journal.pages import seal
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.record import UNKNOWN, Source
from tempfit_tui.saving import data_of_saved, save_table
from tempfit_tui.session import replaying
from tempfit_tui.session.replaying import replay
from tempfit_tui.session.session import Session
from tempfit_tui.table import Table, read_table
from tempfit_tui.text import InputError, number
from tempfit_tui.training.run import Run

BY_HAND = {**TURNING, "training__gradient": "analytic"}
MADE = {
    "the straight line": ({}, SECTION_6, []),
    "changed": (
        {11: {"training.lr": 0.02}, 21: {"training.optimizer": "sgd", "penalty.l1": 0.01}},
        BY_HAND,
        [PlannedChange(16, {"input_noise.sigma": 0.1})],
    ),
    "drawn": ({}, {**BY_HAND, "model__dropout": 0.2, "training__batch_size": 4}, []),
    "stopped early": ({31: {"training.lr": 0.01}}, {**BY_HAND, "training__patience": 4}, []),
    "diverged": ({11: {"training.lr": 1e6}}, SECTION_6, []),
    "without validation": ({}, {**SECTION_6, "split__validation": [], "split__train": None}, []),
}


def lived_through(made, end=40, table=THERMOMETER, source=UNKNOWN):
    """Keep a run in the journal, and return its session, which has left it."""
    changes, ways, planned = made
    started = replace(recipe(**ways), changes=planned)
    session = Session(started, table, source, Journal(home()))
    for stop in [*(epoch - 1 for epoch in changes), end]:
        while session.run.epoch < stop and not session.run.stopped:
            session.advance(stop - session.run.epoch)
        if stop + 1 in changes:
            session.change(changes[stop + 1])
    session.leave()
    return session


def altered(*statement):
    db = sqlite3.connect(home() / "journal.db")
    db.execute(*statement)
    db.commit()
    db.close()


def told(outcome):
    """Return the JSON objects of a command that went well."""
    assert (outcome.code, outcome.err) == (0, "")
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_where_nothing_is_kept_yet_there_is_nothing_to_list(tempfit):
    assert tempfit("runs", "--json") == (0, "", "")
    assert tempfit("runs") == (0, "no runs are kept yet; what tempfit-tui trains will be\n", "")
    assert tempfit("replay", "last") == (
        2,
        "",
        "tempfit-tui: last: no such run; `tempfit-tui runs` lists them\n",
    )
    # Looking leaves no trace.
    assert not home().exists()


def test_damaged_runs_are_counted_beside_the_others(tempfit):
    for _ in range(3):
        tempfit("run", "split", "--epochs", 3)
    altered("UPDATE runs SET standing = '{}' WHERE rowid = 1")
    code, out, err = tempfit("runs", "--json")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err == "tempfit-tui: 1 run is damaged in the journal, and left out\n"
    altered("UPDATE runs SET unit = 'x'")
    assert tempfit("runs") == (
        0,
        "",
        "tempfit-tui: 3 runs are damaged in the journal, and left out\n",
    )


def test_runs_are_an_object_a_line_newest_first(tempfit):
    tempfit("run", "split", "--epochs", 1000)
    tempfit("run", "too-fast")
    session = lived_through(MADE["changed"])
    session.look_back(20)
    session.branch()
    session.journal.close()
    branch, changed, diverged, split = told(tempfit("runs", "--json"))
    assert list(split) == [
        "id", "name", "title", "model", "begun", "state", "epochs", "train_loss", "val_loss",
        "best_epoch", "best_loss", "computed", "verdict", "parent", "parent_epoch",
    ]  # fmt: skip
    assert (split["name"], split["title"]) == ("split", "Training and validation")
    assert (split["model"], split["state"], split["epochs"]) == ("linear", "left", 1000)
    # The table of section 6.
    assert split["train_loss"] == pytest.approx(4.119481, abs=1e-6)
    assert split["val_loss"] == split["best_loss"] == pytest.approx(16.841705, abs=1e-6)
    assert (split["best_epoch"], split["verdict"]) == (1000, "still learning")
    assert (split["parent"], split["parent_epoch"]) == (None, 0)
    assert diverged["train_loss"] is diverged["val_loss"] is diverged["best_loss"] is None
    assert (diverged["epochs"], diverged["verdict"]) == (11, "diverging")
    assert (branch["parent"], branch["parent_epoch"]) == (changed["id"], 20)
    assert (branch["epochs"], changed["epochs"]) == (20, 40)
    # The process that had the branch is gone from it without leaving it.
    assert (branch["state"], changed["state"]) == ("cut off", "left")


def test_people_read_them_in_columns(tempfit):
    first = lived_through(MADE["stopped early"], 200, source=Source("mi\x1bne.csv", "/mine.csv"))
    first.look_back(120)
    first.branch()
    first.leave()
    diverged = lived_through(MADE["diverged"])
    code, out, err = tempfit("runs")
    heading, *rows = out.splitlines()
    assert (code, err, len(rows)) == (0, "", 3)
    assert heading.split() == [*kept.HEADINGS]
    newest, branch, oldest = ([*map(str.strip, row.split("  "))] for row in rows)
    newest, branch, oldest = ([cell for cell in row if cell] for row in (newest, branch, oldest))
    assert (newest[0], newest[1]) == (diverged.keeper.id, f"{diverged.run.epoch}")
    assert (newest[2], newest[-2:]) == ("not finite", ["diverging", "—"])
    assert branch[1:3] == ["mi\\x1bne.csv", "120"]
    best = first.run.best
    assert branch[5] == f"{number(best.loss * first.run.data.loss_unit)} @ {best.epoch}"
    assert branch[-1] == f"{oldest[0]} @ 120"
    assert (oldest[2], oldest[-1]) == ("200", "—")
    # A column of numbers ends where its heading does.
    assert heading.index("epochs") + len("epochs") == rows[1].index(" 120 ") + len(" 120")


def test_a_run_that_is_being_trained_or_was_cut_off_says_so(tempfit):
    session = Session(recipe(**SECTION_6), THERMOMETER, journal=Journal(home()))
    session.advance(20)
    session.keeper.write()
    assert tempfit("runs").out.splitlines()[1].split("  ")[-2].strip() == "still learning (live)"
    session.journal.close()
    assert "  still learning (cut off)  —\n" in tempfit("runs").out


def test_listing_them_loads_neither_torch_nor_the_screen():
    lived_through(MADE["the straight line"])
    code = """
import sys
from tempfit_tui.cli import main
for sys.argv in (["tempfit-tui", "runs"], ["tempfit-tui", "runs", "--json"],
                 ["tempfit-tui", "export", "last", "--to", "csv"]):
    main()
print(sorted({"torch", "safetensors", "numpy", "textual", "plotext"} & set(sys.modules)))
"""
    done = python(code)
    assert (done.stderr, done.stdout.splitlines()[-1]) == ("", "[]")
    assert "still learning" in done.stdout


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_a_replayed_run_comes_out_to_the_same_bits(made, tempfit):
    session = lived_through(made)
    epochs = session.run.epoch
    (line,) = told(tempfit("replay", "last", "--json"))
    assert line == {"type": "replay", "identical": True, "epochs": epochs}
    session.look_back(epochs - 9)
    session.branch()
    session.advance(5)
    session.leave()
    run_id = session.keeper.id
    assert tempfit("replay", run_id[:6]) == (
        0,
        f"run {run_id}: all {session.run.epoch} epochs came out identical, to the bit\n",
        "",
    )


def with_loss(column, epoch, change):
    """Change a loss in the file, by someone who knows how to seal it."""

    def alter():
        db = sqlite3.connect(home() / "journal.db")
        train, val = db.execute("SELECT train, val FROM losses").fetchone()
        losses = {"train": array("f", train), "val": array("f", val)}
        losses[column][epoch - 1] = change(losses[column][epoch - 1])
        parts = [losses[name].tobytes() for name in ("train", "val")]
        db.execute("UPDATE losses SET train = ?, val = ?, seal = ?", (*parts, seal(*parts)))
        db.commit()
        db.close()

    return alter


LIES = {
    "one bit of a loss": (with_loss("train", 17, lambda loss: loss * (1 + 2**-22)), 17),
    "a loss of validation": (with_loss("val", 40, lambda loss: -loss), 40),
    "not a number": (with_loss("val", 1, lambda loss: float("nan")), 1),
    "a change that wasn't": (
        lambda: altered("UPDATE changes SET made = '[11,{},{\"training.lr\":0.021}]' "
                        "WHERE epoch = 11"),
        12,
    ),
    "a change less": (lambda: altered("DELETE FROM changes WHERE epoch = 21"), 22),
    "an early stop that wasn't": (
        lambda: altered("INSERT INTO early_stops SELECT id, 40, 39 FROM runs"),
        40,
    ),
    "no validation": (
        lambda: altered("UPDATE losses SET val = x'', seal = ?", (unvalidated(),)),
        1,
    ),
}  # fmt: skip


def unvalidated():
    db = sqlite3.connect(home() / "journal.db")
    ((train,),) = db.execute("SELECT train FROM losses").fetchall()
    db.close()
    return seal(train)


@pytest.mark.parametrize(("lie", "epoch"), LIES.values(), ids=LIES)
def test_a_run_that_comes_out_otherwise_says_from_where_on_and_exits_with_1(lie, epoch, tempfit):
    session = lived_through(MADE["changed"])
    lie()
    code, out, err = tempfit("replay", "last", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out) == {"type": "replay", "identical": False, "epochs": 40, "epoch": epoch}
    assert tempfit("replay", "last") == (
        1,
        f"run {session.keeper.id}: epoch {epoch} of 40 came out otherwise\n",
        "",
    )


def test_another_version_is_told(tempfit):
    lived_through(MADE["the straight line"])
    altered("UPDATE runs SET torch = '2.12.0', tempfit = '0.0.1'")
    assert tempfit("replay", "last").out.endswith(
        "identical, to the bit\nit was trained by torch 2.12.0, tempfit-tui 0.0.1\n"
    )


def test_a_replay_goes_piece_by_piece_and_tells_how_far_it_is(monkeypatch):
    session = lived_through(MADE["stopped early"], 60)
    monkeypatch.setattr(replaying, "PIECE", 25)
    told = []
    outcome = replay(session.journal.read, session.keeper.id, told.append)
    assert (outcome, told) == ((60, None, ""), [25, 50, 60])


def test_a_long_replay_shows_its_progress_on_a_terminal(tempfit, monkeypatch):
    lived_through(MADE["the straight line"])
    assert tempfit("replay", "last").err == ""
    monkeypatch.setattr(kept, "LONG", 40)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "100%" in tempfit("replay", "last").err


@pytest.mark.parametrize("command", [["replay"], ["export", "--to", "csv"]])
def test_a_run_that_there_isn_t_is_told_in_one_line(command, tempfit):
    lived_through(MADE["the straight line"])
    for name in ("zzz", "../../x", "", "\x1b[2J"):
        code, out, err = tempfit(*command, name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.endswith(": no such run; `tempfit-tui runs` lists them\n")
        assert err[:-1].isprintable()


@pytest.mark.parametrize("command", [["runs"], ["runs", "--json"], ["replay", "last"],
                                     ["export", "last", "--to", "recipe"]])  # fmt: skip
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda file: file.write_text("dear diary"), "file is not a database; move it away"),
        (lambda file: file.mkdir(), "unable to open database file; move it away"),
        (
            lambda file: altered("CREATE TABLE mine (a)"),
            "not a journal of tempfit-tui; move it away",
        ),
    ],
    ids=["text", "folder", "foreign"],
)
def test_what_is_no_journal_is_told_in_one_line_and_left_alone(command, make, reason, tempfit):
    home().mkdir()
    file = home() / "journal.db"
    make(file)
    before = file.read_bytes() if file.is_file() else None
    assert tempfit(*command) == (2, "", f"tempfit-tui: {file}: {reason}\n")
    assert before is None or file.read_bytes() == before


def test_a_damaged_run_is_told_in_one_line(tempfit):
    session = lived_through(MADE["the straight line"])
    altered("UPDATE losses SET val = x'00'")
    for command in (["replay", "last"], ["export", "last", "--to", "csv"]):
        assert tempfit(*command) == (
            2,
            "",
            f"tempfit-tui: run {session.keeper.id}: damaged in the journal (losses aren't as they "
            "were written); delete it\n",
        )


def test_losses_are_exported_in_the_file_s_units_squared(tempfit):
    run = lived_through(MADE["changed"]).run
    code, out, err = tempfit("export", "last", "--to", "csv")
    heading, *rows = out.splitlines()
    assert (code, err, heading) == (0, "", "epoch,train_loss,val_loss")
    unit = run.data.loss_unit
    expected = zip(recorded(run.train_losses), recorded(run.val_losses), strict=True)
    assert [tuple(map(float, row.split(","))) for row in rows] == [
        (epoch, train * unit, val * unit) for epoch, (train, val) in enumerate(expected, 1)
    ]


def test_a_script_and_a_picture_are_exported(tempfit):
    session = lived_through(MADE["changed"])
    assert tempfit("export", "last", "--to", "script") == (0, script(session.record), "")
    code, out, err = tempfit("export", "last", "--to", "svg")
    assert (code, err, out[:4], out.rstrip()[-6:]) == (0, "", "<svg", "</svg>")


def test_what_is_exported_is_a_new_file_and_nothing_is_written_over(tempfit, tmp_path):
    lived_through(MADE["the straight line"])
    printed = tempfit("export", "last", "--to", "csv").out
    out = tmp_path / "größe.csv"
    assert tempfit("export", "last", "--to", "csv", "--out", out) == (0, "", "")
    assert out.read_text() == printed
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "mine").mkdir()
    there = "is there already; name another file"
    for file, told in {
        out: there,
        tmp_path / "link.csv": there,
        tmp_path / "mine": there,
        tmp_path / "no" / "such.csv": "can't be written (No such file or directory); "
        "choose another folder",
        out / "x.csv": "can't be written (Not a directory); choose another folder",
    }.items():
        for kind in ("csv", "recipe"):
            assert tempfit("export", "last", "--to", kind, "--out", file) == (
                2,
                "",
                f"tempfit-tui: {file}: {told}\n",
            )
    assert out.read_text() == printed
    assert {each.name for each in tmp_path.iterdir()} == {"größe.csv", "link.csv", "mine"}


@pytest.mark.parametrize("arguments", [[], ["--to", "pdf"], ["--to"]])
def test_what_to_make_of_it_has_to_be_said(arguments, tempfit):
    code, out, err = tempfit("export", "last", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--to" in err


def same_run(file, session):
    """Assert that the recipe in `file` leads to where the session is."""
    opened = open_named(str(file))
    run = Run(opened.recipe, opened.table)
    while run.epoch < session.run.epoch and not run.stopped:
        run.advance(session.run.epoch - run.epoch)
    assert bits(run) == bits(session.run)
    return opened


@pytest.mark.parametrize("made", ["changed", "stopped early", "diverged"])
def test_an_exported_recipe_does_all_that_was_done(made, tempfit, tmp_path):
    changes, ways, planned = MADE[made]
    session = lived_through((changes, {**ways, "title": "größer"}, planned))
    code, out, err = tempfit("export", "last", "--to", "recipe")
    assert (code, err) == (0, "")
    (tmp_path / "printed.toml").write_text(out)
    assert same_run(tmp_path / "printed.toml", session).recipe.data.path == "thermometer.csv"
    tempfit("export", "last", "--to", "recipe", "--out", tmp_path / "written.toml")
    assert (tmp_path / "written.toml").read_text() == out
    assert len(list(tmp_path.iterdir())) == 2


CSV = "größe in cm;Masse, kg\n150;52\n160;57,5\n170;64\n180;72\n"


@pytest.fixture
def own(tmp_path):
    """A run on a table of one's own, of which columns were chosen by name."""
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "mine;v2.csv"
    file.write_text(CSV)
    opened = open_named(str(file), x="Masse, kg", y="größe in cm")
    session = Session(
        opened.recipe, opened.table, Source(opened.name, str(opened.file)), Journal(home())
    )
    session.advance(20)
    session.leave()
    return file, session


def test_a_recipe_names_the_table_that_is_still_there(own, tempfit, tmp_path, monkeypatch):
    file, session = own
    assert tempfit("export", "last", "--to", "recipe", "--out", tmp_path / "a.toml").code == 0
    assert same_run(tmp_path / "a.toml", session).recipe.data.path == "own/mine;v2.csv"
    monkeypatch.chdir(file.parent)
    (tmp_path / "own" / "b.toml").write_text(tempfit("export", "last", "--to", "recipe").out)
    assert same_run("b.toml", session).recipe.data.path == "mine;v2.csv"


GONE = {
    "gone": lambda file: file.unlink(),
    "other numbers": lambda file: file.write_text(CSV.replace("64", "65")),
    "another column": lambda file: file.write_text(CSV.replace("größe", "höhe")),
    "a row more": lambda file: file.write_text(CSV + "190;80\n"),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("happened", GONE.values(), ids=GONE)
def test_a_table_that_is_gone_or_another_is_written_beside_the_recipe(
    happened, own, tempfit, tmp_path
):
    file, session = own
    happened(file)
    assert tempfit("export", "last", "--to", "recipe") == (
        2,
        "",
        "tempfit-tui: mine;v2.csv: not where it was read from, or not the same any more; "
        "with --out it is written beside the recipe\n",
    )
    (tmp_path / "mine-v2-1.csv").write_text("another one's")
    out = tmp_path / "a.toml"
    assert tempfit("export", "last", "--to", "recipe", "--out", out) == (0, "", "")
    opened = same_run(out, session)
    assert opened.recipe.data.path == "mine-v2-2.csv"
    assert (opened.table.x_name, opened.table.y_name) == ("Masse, kg", "größe in cm")
    assert (tmp_path / "mine-v2-1.csv").read_text() == "another one's"
    # A second time there is nothing to be written over either.
    assert tempfit("export", "last", "--to", "recipe", "--out", out).code == 2
    assert {each.name for each in tmp_path.iterdir()} == {
        "own", "mine-v2-1.csv", "mine-v2-2.csv", "a.toml",
    }  # fmt: skip


def test_a_bundled_table_goes_by_its_name_wherever_it_was_read_from(tempfit, tmp_path):
    opened = open_named("split")
    session = Session(
        opened.recipe, opened.table, Source("split", "/not/here/thermometer.csv"), Journal(home())
    )
    session.advance(20)
    session.leave()
    tempfit("export", "last", "--to", "recipe", "--out", tmp_path / "a.toml")
    assert same_run(tmp_path / "a.toml", session).recipe.data.path == "thermometer.csv"
    assert [each.name for each in tmp_path.iterdir()] == ["a.toml"]


NUMBERS = st.lists(
    st.tuples(
        st.floats(allow_nan=False, allow_infinity=False),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    min_size=2,
    max_size=9,
).filter(lambda rows: len({x for x, _ in rows}) > 1)
NAMES = st.text(st.characters(categories=["L", "P", "S"]), min_size=1, max_size=20)


@given(NUMBERS, NAMES, NAMES)
@settings(max_examples=30)
def test_a_table_written_is_read_back_to_the_bit(tmp_path_factory, rows, x_name, y_name):
    x, y = (array("d", column) for column in zip(*rows, strict=True))
    table = Table("a.csv", x_name, y_name, x, y)
    folder = tmp_path_factory.mktemp("tables")
    if complaint(ValueError, float, x_name) and complaint(ValueError, float, y_name):
        data = data_of_saved(table)
        again = read_table(save_table(table, folder), data.x, data.y, decimal=data.decimal)
        for name, read in ((x_name, again.x_name), (y_name, again.y_name)):
            # What would be read as a comment or a missing value has a word before it.
            assert read in (name, f"column {name}")
            assert read == name or name.startswith(("#", "sep=")) or len(name) == 1
        assert (again.x.tobytes(), again.y.tobytes()) == (x.tobytes(), y.tobytes())


def test_a_table_that_can_t_be_written_is_told_in_one_line(tmp_path):
    told = complaint(InputError, save_table, table_of((1, 2), (3, 4)), tmp_path / "no")
    assert told == (
        f"{tmp_path}/no/thermometer-1.csv: can't be written (No such file or directory); "
        "choose another folder"
    )
