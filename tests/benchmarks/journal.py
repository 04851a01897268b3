"""What the journal costs: speed with it and without, bytes an epoch, and opening a long run."""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from rounds import ratio_row, rounds, row, table
from textual.geometry import Size

from tempfit_tui.catalogue import open_named
from tempfit_tui.frame import View
from tempfit_tui.journal.journal import Journal
from tempfit_tui.session.session import Session
from tempfit_tui.ui.charts.bounds import Scale
from tempfit_tui.ui.charts.chart import Look
from tempfit_tui.ui.charts.loss_painting import paint_loss
from tempfit_tui.ui.charts.loss_picture import LossPicture
from tempfit_tui.ui.charts.loss_scale import loss_scale
from tempfit_tui.ui.palette import DARK

ENDLESS = {"training.epochs": None}
RUNS = {
    "the straight line": ("split", ENDLESS),
    "the straight line, by hand": ("split", {**ENDLESS, "training.gradient": "analytic"}),
    "the default recipe": ("overfit", ENDLESS),
}
LONG = 1_000_000
CHART = Size(92, 20)


class Bench:
    """Runs in a journal of their own, and what was seen of them."""

    def __init__(self, seconds):
        self.seconds, self.bytes = seconds, {name: [] for name in RUNS}

    def rate(self, name, kept):
        """Return the epochs a second of a run, kept on disk or not at all."""
        folder = Path(tempfile.mkdtemp())
        recipe, settings = RUNS[name]
        opened = open_named(recipe, settings=settings)
        session = Session(opened.recipe, opened.table, journal=Journal(folder))
        if not kept:
            session.keeper.trained = lambda seconds: None
        session.advance(seconds=0.5)
        began, before = time.perf_counter(), session.run.epoch
        session.advance(seconds=self.seconds)
        rate = (session.run.epoch - before) / (time.perf_counter() - began)
        if kept:
            session.leave()
            session.journal.close()
            size = (folder / "journal.db").stat().st_size
            self.bytes[name].append(size / session.run.epoch)
        shutil.rmtree(folder)
        return rate


def long_run(folder):
    """Train a straight line for a million epochs, and return its id."""
    journal = Journal(folder)
    opened = open_named("split", settings={**ENDLESS, "training.gradient": "analytic"})
    session = Session(opened.recipe, opened.table, journal=journal)
    session.advance(LONG)
    session.leave()
    journal.close()
    return session.keeper.id


def opening(folder, run):
    """Return the milliseconds to open a run at its end and to paint its whole curve."""
    began = time.perf_counter()
    journal = Journal(folder)
    session = Session.reopened(journal, run)
    frame = session.frame(View(columns=184))
    picture = LossPicture(frame.train, frame.val, [], None, None, True, 1, frame.epoch)
    paint_loss(picture, loss_scale(picture, None) or Scale(0, 1), CHART, Look(DARK))
    taken = time.perf_counter() - began
    session.leave()
    journal.close()
    return 1000 * taken


def looking_back(folder, run, epoch):
    """Return the milliseconds to look back on `epoch`."""
    journal = Journal(folder)
    session = Session.reopened(journal, run)
    began = time.perf_counter()
    session.look_back(epoch)
    session.frame(View(columns=184))
    taken = time.perf_counter() - began
    session.leave()
    journal.close()
    return 1000 * taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    bench = Bench(options.seconds)
    measures = {
        (name, kept): lambda name=name, kept=kept: bench.rate(name, kept)
        for name in RUNS
        for kept in (True, False)
    }
    taken = rounds(options.rounds, {str(key): measure for key, measure in measures.items()})
    folder = Path(tempfile.mkdtemp())
    run = long_run(folder)
    opened = rounds(
        options.rounds,
        {
            "open": lambda: opening(folder, run),
            "back": lambda: looking_back(folder, run, LONG // 3 + 7),
        },
    )
    default = open_named("overfit")
    session = Session(default.recipe, default.table, journal=Journal(folder))
    session.advance(10_000)
    session.leave()
    scrubbed = [
        looking_back(folder, session.keeper.id, epoch) for epoch in range(7, 10_000, 10_000 // 50)
    ]
    shutil.rmtree(folder)
    rows = []
    for name in RUNS:
        on, off = taken[str((name, True))], taken[str((name, False))]
        rows += [
            ratio_row(f"**{name}: epochs/s with the journal / without**", on, off),
            row(f"{name}: bytes an epoch", bench.bytes[name], "{:.1f}"),
        ]
    table(
        "",
        [
            *rows,
            row(f"ms to open a run of {LONG:,} epochs and paint its curve", opened["open"]),
            row(f"ms to look back on epoch {LONG // 3 + 7:,} of it", opened["back"]),
            row("ms to look back on an epoch of the default recipe's 10,000", scrubbed),
        ],
    )


if __name__ == "__main__":
    main()
