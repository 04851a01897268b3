"""The time to the first full frame, against a bare Textual app; and to the fitted line."""

import argparse
import os
import select
import sys
import tempfile
import time

from rounds import HERE, PROGRAM, Terminal, ratio_row, rounds, row, table

PARTS = (
    "─ 1 Dataset ",
    "─ 2 Hyperparameters ",
    "─ 3 Loss ",
    "─ 4 Fit ",
    " epoch 0 ",
    "68.4    21.0",
)
OBSERVATIONS = 11
SILENCE_SECONDS = 0.3
COMPILED = {
    "PYTHONDONTWRITEBYTECODE": None,
    "PYTHONPYCACHEPREFIX": tempfile.mkdtemp(prefix="tempfit-pyc-"),
}
"""As an installed program has its modules: compiled, whatever this environment says."""


def arrival(word, condition, command=PROGRAM):
    """Return the milliseconds from the start of `command` until `condition` holds of its screen.

    What comes is read at once and looked at later, so that looking doesn't hold up the program.
    """
    began = time.monotonic()
    with Terminal(command=command, variables=COMPILED) as terminal:
        for moment, piece in list(pieces(terminal.descriptor, word)):
            terminal.feed(piece)
            if condition(terminal):
                return 1000 * (moment - began)
        raise AssertionError(f"not there yet:\n{terminal.text}")


def pieces(descriptor, word):
    """Give what comes and when, until a while after `word`."""
    seen = b""
    while word not in seen or select.select([descriptor], [], [], SILENCE_SECONDS)[0]:
        piece = os.read(descriptor, 65536)
        yield time.monotonic(), piece
        seen += piece


def bare():
    """Return the time of a bare app's text."""
    command = (sys.executable, str(HERE / "bare_app.py"))
    return arrival(b"bare", lambda terminal: "bare" in terminal.text, command)


def first_frame():
    """Return the time of all panes with their data."""
    return arrival(b"epoch 0", is_full)


def fitted_line():
    """Return the time of the engine's first frame, with the fitted line."""
    return arrival(b"not started", lambda terminal: "not started" in terminal.text)


def is_full(terminal):
    """Tell whether all that needs no engine is drawn."""
    text = terminal.text
    charts = (row.rpartition("││")[2] for row in terminal.rows)
    return (
        all(part in text for part in PARTS)
        and text.count("╭") == text.count("╯") == 4
        and sum(chart.count("●") for chart in charts) >= OBSERVATIONS
        and terminal.rows[-1].startswith(" space train ")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    measures = {
        "bare Textual app, its text": bare,
        "app, first full frame": first_frame,
        "app, fitted line": fitted_line,
    }
    for measure in measures.values():  # files into the cache, .pyc files written
        measure()
    taken = rounds(options.rounds, measures)
    plain, full, fitted = taken.values()
    table(
        "ms from the start of the process",
        [
            *(row(name, values) for name, values in taken.items()),
            ratio_row("**first full frame / bare**", full, plain),
            ratio_row("fitted line / bare", fitted, plain),
        ],
    )


if __name__ == "__main__":
    main()
