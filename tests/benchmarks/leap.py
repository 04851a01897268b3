"""How long a leap of a million epochs takes: to the frame that shows it, in the journal already.

Then the forecast of the run's rest, for a table of eleven rows and for one of a million.
"""

import argparse
import tempfile
import time
from array import array
from pathlib import Path

from rounds import rounds, row, table

from tempfit_tui.catalogue import open_named
from tempfit_tui.frame import MOST_LEAP, View
from tempfit_tui.journal.journal import Journal
from tempfit_tui.recipe import Recipe
from tempfit_tui.session.session import Session
from tempfit_tui.table import Table
from tempfit_tui.training.forecast import forecast
from tempfit_tui.training.run import Run

VIEW = View(columns=184)
ROWS = 10**6
QUARTIC = {
    "model.kind": "polynomial",
    "model.degree": 4,
    "input.transform": "standardise",
    "training.lr": 0.01,
}


def leap(**settings):
    """Return the milliseconds of a leap, of its writing among them, and of its frame."""
    opened = open_named("split", settings={"training.epochs": None, **settings})
    with tempfile.TemporaryDirectory() as folder:
        session = Session(opened.recipe, opened.table, journal=Journal(Path(folder)))
        session.advance(1000)
        session.frame(VIEW)
        began = time.perf_counter()
        session.leap(MOST_LEAP)
        session.frame(VIEW)
        taken = time.perf_counter() - began
        session.leave()
        session.journal.close()
    return 1000 * taken


def computed():
    """Return the milliseconds of the leap alone, without journal and frame."""
    opened = open_named("split", settings={"training.epochs": None})
    run = Run(opened.recipe, opened.table)
    run.advance(1000)
    began = time.perf_counter()
    run.leap(MOST_LEAP)
    return 1000 * (time.perf_counter() - began)


def looked_back(**settings):
    """Return the milliseconds to look back into the middle of a leap."""
    opened = open_named("split", settings={"training.epochs": None, **settings})
    session = Session(opened.recipe, opened.table)
    session.leap(MOST_LEAP)
    began = time.perf_counter()
    session.look_back(MOST_LEAP // 2)
    session.frame(VIEW)
    return 1000 * (time.perf_counter() - began)


def foreseeing(run):
    """Return a measure of the milliseconds of a forecast of `run`."""
    forecast(run)

    def measured():
        began = time.perf_counter()
        forecast(run)
        return 1000 * (time.perf_counter() - began)

    return measured


def of_many_rows():
    """Return the milliseconds of the first forecast of a run of a million rows."""
    run = many_rows()
    began = time.perf_counter()
    forecast(run)
    return 1000 * (time.perf_counter() - began)


def many_rows():
    x = array("d", (place / ROWS for place in range(ROWS)))
    y = array("d", (3 * value + (place % 7) for place, value in enumerate(x)))
    return Run(Recipe(), Table("large.csv", "x", "y", x, y))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    opened = open_named("split")
    run = Run(opened.recipe, opened.table)
    leap()  # warms up
    taken = rounds(
        options.rounds,
        {
            "a leap of 10^6, journal and frame with it": leap,
            "the same, computed alone": computed,
            "the same of degree 4, journal and frame with it": lambda: leap(**QUARTIC),
            "looking back into the middle of it": looked_back,
            "a forecast of 11 rows": foreseeing(run),
            "the first of 10^6 rows": of_many_rows,
            "another of 10^6 rows": foreseeing(many_rows()),
        },
    )
    table("ms", [row(name, values, "{:,.1f}") for name, values in taken.items()])


if __name__ == "__main__":
    main()
