"""Epochs a second: the app at full speed in a terminal, against the article's own loop."""

import argparse
import json
import subprocess
import sys
import time

from rounds import HERE, PROGRAM, Terminal, ratio_row, rounds, row, table

FOREVER = "training.epochs=1000000000"


def article(seconds, *threads):
    """Return the rate of the article's loop, in a process of its own."""
    command = [sys.executable, HERE / "article_loop.py", seconds, *threads]
    done = subprocess.run(map(str, command), capture_output=True, text=True, check=True)
    return float(done.stdout.split("\n")[-2])


def live(seconds, *settings):
    """Return the rate in the app, with both charts, from its status line."""
    with Terminal("split", "--start", "--speed", "full", "--set", FOREVER, *settings) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
        first, began = seen(terminal)
        terminal.reads_for(seconds)
        last, ended = seen(terminal)
    return (last - first) / (ended - began)


def seen(terminal):
    """Return the next epoch that the status line tells, and when it came."""
    before = terminal.epoch
    terminal.wait_for(lambda: terminal.epoch != before)
    return terminal.epoch, terminal.read_at


def headless(seconds, *settings):
    """Return the rate of `run`, from the lines that it prints."""
    command = [*PROGRAM, "run", "--json", "--every", "1000", "--set", FOREVER, *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = (json.loads(line)["epoch"] for line in process.stdout)
        first = next(epoch for epoch in lines if epoch == 1000)
        began = time.perf_counter()
        last = next(epoch for epoch in lines if time.perf_counter() - began > seconds)
        took = time.perf_counter() - began
        process.kill()
    return (last - first) / took


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    seconds = options.seconds
    analytic = ("--set", "training.gradient=analytic")
    taken = rounds(
        options.rounds,
        {
            "article's loop, one thread": lambda: article(seconds, 1),
            "live, autograd": lambda: live(seconds),
            "article's loop, default threads": lambda: article(seconds),
            "`run`, autograd": lambda: headless(seconds),
            "live, analytic gradient": lambda: live(seconds, *analytic),
            "`run`, analytic gradient": lambda: headless(seconds, *analytic),
        },
    )
    one, default = taken["article's loop, one thread"], taken["article's loop, default threads"]
    reference = list(map(max, one, default))
    others = [name for name in taken if not name.startswith("article")]
    table(
        "epochs/s",
        [
            *(row(name, values) for name, values in taken.items()),
            *(ratio_row(f"**{n} / article**", taken[n], reference) for n in others),
            ratio_row("live / `run`, autograd", taken["live, autograd"], taken["`run`, autograd"]),
        ],
    )


if __name__ == "__main__":
    main()
