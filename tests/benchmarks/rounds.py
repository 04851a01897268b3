"""What the benchmarks share: rounds measured side by side, and a Markdown table of them."""

import shlex
import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from proc import megabytes
from terminal import PROGRAM, Terminal, children_of

__all__ = [
    "HERE",
    "PROGRAM",
    "Terminal",
    "children_of",
    "megabytes",
    "ratio_row",
    "rounds",
    "row",
    "table",
]

HERE = Path(__file__).parent


def rounds(count, measures):
    """Take each of `measures`, by name, once a round; return their values by name."""
    taken = {name: [] for name in measures}
    for number in range(1, count + 1):
        for name, measure in measures.items():
            print(f"\rround {number} of {count}: {name:<40}", end="", file=sys.stderr, flush=True)
            taken[name].append(measure())
    print(f"\r{'':<70}\r", end="", file=sys.stderr, flush=True)
    return taken


def row(name, values, form="{:,.0f}"):
    """Return a table's row: least, median and greatest."""
    return [name, *(form.format(f(values)) for f in (min, statistics.median, max))]


def ratio_row(name, over, under):
    """Return the row of the ratios, taken round by round."""
    return row(name, [a / b for a, b in zip(over, under, strict=True)], "{:.2f}")


def table(unit, rows, columns=("min", "median", "max")):
    """Print the rows in Markdown, under the command that made them."""
    program, *arguments = sys.argv
    shown = Path(program).resolve().relative_to(HERE.parents[1])
    print(f"`{shlex.join(['python', str(shown), *arguments])}`\n")
    print(f"| {' | '.join([unit, *columns])} |\n|---{'|---:' * len(columns)}|")
    for cells in rows:
        print(f"| {' | '.join(cells)} |")
