"""Runs for the journal without training any: pages made by hand, also in a process of its own.

`python paging.py FOLDER how` begins a run there, says its id, and stays until its input ends.
"""

import subprocess
import sys
from array import array
from contextlib import contextmanager
from pathlib import Path

from tempfit_tui.frame import Verdict
from tempfit_tui.journal.journal import Journal
from tempfit_tui.journal.pages import Beginning, Kept, Page, Standing
from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import all_settings
from tempfit_tui.table import Table

TABLE = Table("mine.csv", "x", "y", array("d", [1.0, 2.0, 4.0]), array("d", [1.0, 2.0, 3.0]))
HERE = str(Path(__file__).parent)


def beginning(recipe=None, table=TABLE):
    return Beginning("mine.csv", "/data/mine.csv", recipe or Recipe(), table, 1.0)


def page(epochs, new, first=0.0, **others):
    """Return a page with so many new losses up to epoch `epochs`: each is its epoch's number."""
    losses = array("f", [first + epoch for epoch in range(epochs - new + 1, epochs + 1)]).tobytes()
    standing = Standing(
        train_loss=1.0,
        val_loss=2.0,
        best_epoch=1,
        best_loss=1.5,
        verdict=others.pop("verdict", Verdict("too early", "too early to say")),
        stopped=None,
        settings=all_settings(Recipe()),
        sketch=[3.0, 2.0],
    )
    made = {"states": [], "changes": [], "early_stops": [], "leaps": [], **others}
    return Page(epochs=epochs, train=losses, val=losses, standing=standing, **made)


@contextmanager
def elsewhere(folder, how="begin"):
    """Give a process that lives a run in the journal of `folder`, and the run's id."""
    with subprocess.Popen(
        [sys.executable, f"{HERE}/paging.py", folder, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def main(folder, how):
    journal = Journal(Path(folder))
    run = journal.begin(beginning(), page(3, 3))
    print(run, flush=True)
    if how == "write":
        sys.stdin.readline()
        runs = [run, *(journal.begin(beginning(), page(3, 3)) for _ in range(4))]
        for epochs in range(4, 54):
            for run in runs:
                journal.write(run, page(epochs, 1, states=[Kept(epochs, 0, bytes(500))]))
    sys.stdin.read()
    if how == "leave":
        journal.leave(run)
    print(journal.trouble, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
