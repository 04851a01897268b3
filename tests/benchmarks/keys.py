"""How long a key takes: from `+` or `-` to the new learning rate in the status line."""

import argparse
import os
import random
import select
import statistics
import time

from rounds import Terminal, table

READ_SECONDS = 0.5
SHOWN = {"+": "   lr 0.01778", "-": "   lr 0.01 "}
"""What stands in the status line after each key, on a recipe that begins with 0.01."""


def pieces(descriptor, end):
    """Give what comes and when, until `end`."""
    while (left := end - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            yield time.monotonic(), os.read(descriptor, 65536)


def latencies(presses, recipe, *arguments, in_status=SHOWN):
    """Return the milliseconds of each press, at moments that fall anywhere between two frames."""
    chance = random.Random(0)
    taken = []
    forever = "training.epochs=1000000000"
    with Terminal(recipe, "--set", forever, *arguments) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 1000 or "not started" in terminal.text)
        for press in range(presses):
            key = "+-"[press % 2]
            terminal.reads_for(chance.uniform(0.05, 0.25))
            began = time.monotonic()
            terminal.press(key)
            # What comes is read at once and looked at later: looking would hold up the program.
            shown = None
            for moment, piece in list(pieces(terminal.descriptor, began + READ_SECONDS)):
                terminal.feed(piece)
                if shown is None and in_status[key] in f"{terminal.status} ":
                    shown = moment
            assert shown is not None, f"{key} was not shown:\n{terminal.text}"
            taken.append(1000 * (shown - began))
    return taken


def key_row(words, taken):
    """Return a table's row: median, 99th percentile and greatest."""
    p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
    return [words, *(f"{figure:.1f}" for figure in (statistics.median(taken), p99, max(taken)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=100)
    options = parser.parse_args()
    rows = []
    for words, arguments in (
        ("paused", ()),
        ("500 epochs/s", ("--start",)),
        ("full speed", ("--start", "--speed", "full")),
    ):
        taken = latencies(options.presses, "split", *arguments)
        rows.append(key_row(words, taken))
    table("ms from key to status line", rows, ("median", "p99", "max"))


if __name__ == "__main__":
    main()
