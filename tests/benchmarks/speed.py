"""Epochs a second: the app at full speed in a terminal, against the same run as a plain script.

The gradient by autograd, and written by hand (`analytic`).
"""

import argparse
import json
import subprocess
import sys
import time

from rounds import HERE, PROGRAM, Terminal, ratio_row, rounds, row, table

FOREVER = "training.epochs=1000000000"


SCRIPTS = {"split": "article_loop.py", "overfit": "mlp_loop.py"}
"""The same run as a plain script, by recipe."""


def script(recipe, seconds, *threads):
    """Return the rate of the plain script, in a process of its own."""
    command = [sys.executable, HERE / SCRIPTS[recipe], seconds, *threads]
    done = subprocess.run(map(str, command), capture_output=True, text=True, check=True)
    return float(done.stdout.split("\n")[-2])


def live(recipe, seconds, *settings):
    """Return the rate in the app, with both charts, from its status line."""
    with Terminal(recipe, "--start", "--speed", "full", "--set", FOREVER, *settings) as terminal:
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


def headless(recipe, seconds, *settings):
    """Return the rate of `run`, from the lines that it prints."""
    command = [*PROGRAM, "run", recipe, "--json", "--every", "1000", "--set", FOREVER, *settings]
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
    parser.add_argument("--recipe", choices=SCRIPTS, default="split")
    options = parser.parse_args()
    recipe, seconds = options.recipe, options.seconds
    analytic = ("--set", "training.gradient=analytic")
    taken = rounds(
        options.rounds,
        {
            "plain script, one thread": lambda: script(recipe, seconds, 1),
            "live, autograd": lambda: live(recipe, seconds),
            "plain script, default threads": lambda: script(recipe, seconds),
            "`run`, autograd": lambda: headless(recipe, seconds),
            "live, by hand": lambda: live(recipe, seconds, *analytic),
            "`run`, by hand": lambda: headless(recipe, seconds, *analytic),
        },
    )
    one, default = taken["plain script, one thread"], taken["plain script, default threads"]
    reference = list(map(max, one, default))
    others = [name for name in taken if not name.startswith("plain")]
    by_hand, autograd = taken["`run`, by hand"], taken["`run`, autograd"]
    table(
        "epochs/s",
        [
            *(row(name, values) for name, values in taken.items()),
            *(ratio_row(f"**{n} / plain script**", taken[n], reference) for n in others),
            ratio_row("`run`, by hand / autograd", by_hand, autograd),
            ratio_row("live / `run`, autograd", taken["live, autograd"], autograd),
        ],
    )


if __name__ == "__main__":
    main()
