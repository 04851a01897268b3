"""A CSV of a million rows: the time to the first full frame and the fitted line, keys, memory."""

import argparse
import random
import tempfile
import time
from pathlib import Path

from first_frame import pieces
from keys import key_row, latencies
from rounds import PROGRAM, Terminal, rounds, row, table
from terminal import children_of

PARTS = ("─ 1 Dataset ", "─ 2 Hyperparameters ", "─ 3 Loss ", "─ 4 Fit ", " epoch 0 ")
IN_STATUS = {"+": "   lr 0.1778 ", "-": "   lr 0.1 "}
"""After each key, on a CSV without a recipe."""


def written(file, rows):
    """Write a thermometer's readings with noise, some 14 bytes a row."""
    chance = random.Random(0)
    with file.open("w") as text:
        text.write("t_u,t_c\n")
        for _ in range(rows):
            t_u = chance.uniform(20, 90)
            text.write(f"{t_u:.3f},{(t_u - 32) / 1.8 + chance.gauss(0, 2):.3f}\n")


def started(file):
    """Start the app on `file`, to its fitted line.

    Return the milliseconds to the first full frame and to that line, and the most megabytes that
    the app and the engine had until then.
    """
    began, full, fitted = time.monotonic(), None, None
    with Terminal(command=(*PROGRAM, str(file))) as terminal:
        for moment, piece in list(pieces(terminal.descriptor, b"not started")):
            terminal.feed(piece)
            full = full or (is_full(terminal) and moment)
            fitted = fitted or ("not started" in terminal.text and moment)
        assert fitted, f"not there yet:\n{terminal.text}"
        (engine,) = children_of(terminal.pid)
        return 1000 * (full - began), 1000 * (fitted - began), peak(terminal.pid), peak(engine)


def is_full(terminal):
    """Tell whether all that needs no engine is drawn, with the observations."""
    charts = "".join(row.rpartition("││")[2] for row in terminal.rows)
    return all(part in terminal.text for part in PARTS) and charts.count("●") > 100


def peak(process):
    """Return the most memory that a process has had so far."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "big.csv"
        written(file, options.rows)
        started(file)  # files into the cache, .pyc files written
        taken = rounds(options.rounds, {"starts": lambda: started(file)})["starts"]
        pressed = latencies(
            options.presses, str(file), "--start", "--speed", "full", in_status=IN_STATUS
        )
    full, fitted, app, engine = zip(*taken, strict=True)
    table(
        f"{options.rows:,} rows",
        [
            row("**ms to the first full frame**", full),
            row("ms to the fitted line", fitted),
            row("MB in the app, at most", app),
            row("MB in the engine, at most", engine),
        ],
    )
    print()
    table(
        "ms",
        [key_row("from a key to the status line, at full speed", pressed)],
        ("median", "p99", "max"),
    )


if __name__ == "__main__":
    main()
