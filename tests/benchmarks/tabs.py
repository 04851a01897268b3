"""Epochs a second at full speed with each tab of the lower right pane open, against the fit's."""

import argparse

from rounds import Terminal, ratio_row, rounds, row, table
from speed import FOREVER, seen

RECIPES = {
    "by autograd": ("split",),
    "by hand": ("split", "--set", "training.gradient=analytic"),
    "mlp": ("overfit",),
}
TABS = ("fit", "lens", "landscape")


def live(tab, seconds, *arguments):
    """Return the rate in the app with `tab` open."""
    with Terminal(*arguments, "--start", "--speed", "full", "--set", FOREVER) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
        terminal.press(*["4"] * (1 + TABS.index(tab)))
        terminal.reads_for(1)
        first, began = seen(terminal)
        terminal.reads_for(seconds)
        last, ended = seen(terminal)
    return (last - first) / (ended - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    cases = {
        f"{name}, {tab} open": lambda tab=tab, arguments=arguments: live(
            tab, options.seconds, *arguments
        )
        for name, arguments in RECIPES.items()
        for tab in TABS
    }
    taken = rounds(options.rounds, cases)
    table(
        "epochs/s",
        [
            *(row(name, values) for name, values in taken.items()),
            *(
                ratio_row(
                    f"**{name}: {tab} / fit**",
                    taken[f"{name}, {tab} open"],
                    taken[f"{name}, fit open"],
                )
                for name in RECIPES
                for tab in TABS[1:]
            ),
        ],
    )


if __name__ == "__main__":
    main()
