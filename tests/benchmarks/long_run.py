"""What a long run costs: a frame of it, and the memory of app and engine, against a short one's.

A frame's milliseconds are the processor's: what else the machine does has no part in them.
"""

import argparse
import asyncio
import os
import tempfile
import time
from statistics import median

from rounds import Terminal, children_of, megabytes, ratio_row, rounds, row, table

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.trainer import Seen

ENDLESS = {"training.epochs": None, "training.gradient": "analytic"}
SHORT, LONG = 10**3, 10**6
FRAMES = 20
"""So many of one run, then of the other, an epoch apart; the first two of them don't count."""
LITTLE, MUCH = 10**5, 10**7
BY_HAND = (
    *("split", "--start", "--speed", "full"),
    *("--set", "training.gradient=analytic", "--set", "training.epochs=1000000000"),
)


class Drawn:
    """A run of so many epochs, drawn by the app's own charts."""

    def __init__(self, app, engine, opened):
        self._app, self._engine, self._opened = app, engine, opened
        self._setup = None

    async def train(self, epochs):
        view, opened = self._app.main.trainer.view, self._opened
        source = self._app.main.trainer._source
        frame = await self._engine.open(opened.recipe, opened.table, view, source)
        self._setup = frame.setup
        await self._engine.advance(epochs)

    async def frame(self, pilot):
        """Return the milliseconds of the next frame: the engine's part, and both charts'."""
        main = self._app.main
        view = main.trainer.view
        await self._engine.advance(1)
        began = time.thread_time()
        frame = await self._engine.view(view)
        made = time.thread_time()
        seen = Seen(frame, self._setup, 500.0)
        main.query_one(LossPane).show(seen, view)
        main.query_one(FitPane).show(self._opened.recipe, seen)
        painted = time.thread_time()
        await pilot.pause()
        return 1000 * (made - began), 1000 * (painted - made)


async def frames(count):
    """Return what frames of the short run and of the long one took, as medians round by round."""
    opened = open_named("split", settings=ENDLESS)
    app = TempfitApp(opened, LocalEngine(), Options())
    taken = {SHORT: [], LONG: []}
    async with app.run_test(size=(120, 40)) as pilot:
        while app.main.trainer.seen is None:
            await pilot.pause()
        runs = {epochs: Drawn(app, LocalEngine(), opened) for epochs in taken}
        for epochs, run in runs.items():
            await run.train(epochs)
        for _ in range(count):
            for epochs, run in runs.items():
                each = [await run.frame(pilot) for _ in range(FRAMES)][2:]
                taken[epochs].append([median(part) for part in zip(*each, strict=True)])
    return taken


def memory():
    """Return the megabytes of app and engine after few epochs and after many."""
    with Terminal(*BY_HAND) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) >= LITTLE)
        (engine,) = children_of(terminal.pid)
        processes = {"app": terminal.pid, "engine": engine}
        before = _sizes(processes)
        terminal.wait_for(lambda: terminal.epoch is not None and terminal.epoch >= MUCH, 600)
        return before, _sizes(processes)


def _sizes(processes):
    return {
        f"{name}: MB {kind.upper()}": megabytes(process, kind)
        for name, process in processes.items()
        for kind in ("Rss", "Pss")
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TEMPFIT_HOME"] = folder
        taken = asyncio.run(frames(options.rounds))
    parts = {
        epochs: [*zip(*measured, strict=True), [sum(parts) for parts in measured]]
        for epochs, measured in taken.items()
    }
    rows = []
    names = ("ms to make it in the engine", "ms to paint both charts", "ms in all")
    for name, short, long in zip(names, parts[SHORT], parts[LONG], strict=True):
        rows += [
            row(f"a frame at epoch {SHORT:,}: {name}", short, "{:.2f}"),
            row(f"a frame at epoch {LONG:,}: {name}", long, "{:.2f}"),
        ]
    against = f"**a frame at epoch {LONG:,} / at {SHORT:,}**"
    rows.append(ratio_row(against, parts[LONG][-1], parts[SHORT][-1]))
    if options.memory_rounds:
        measured = rounds(options.memory_rounds, {"memory": memory})["memory"]
        for name in measured[0][0]:
            little, much = ([sizes[when][name] for sizes in measured] for when in (0, 1))
            rows += [
                row(f"{name} after {LITTLE:,} epochs", little, "{:.1f}"),
                row(f"{name} after {MUCH:,} epochs", much, "{:.1f}"),
                ratio_row(f"**{name} after {MUCH:,} / after {LITTLE:,}**", much, little),
            ]
    table("the straight line by hand, 120x40", rows)


if __name__ == "__main__":
    main()
