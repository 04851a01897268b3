"""What a frame costs: painting both charts at 120x40, and the bytes that go to the terminal."""

import argparse
import asyncio
import time

from rounds import Terminal, rounds, row, table

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.trainer import Seen

FRAMES = 200
EPOCHS = 50
"""From one frame to the next: as at 500 epochs a second and 10 frames a second."""


async def painted():
    """Return the milliseconds that each frame took: the engine's part, and to paint, by chart.

    The default recipe, with a ghost beside it.
    """
    opened, engine = open_named(None), LocalEngine()
    app = TempfitApp(opened, engine, Options())
    taken = {
        "ms to make it in the engine": [],
        "ms to paint the loss chart": [],
        "ms to paint the fit chart": [],
        "ms to paint both charts": [],
    }
    async with app.run_test(size=(120, 40)) as pilot:
        while app.main.trainer.seen is None:
            await pilot.pause()
        setup, view = app.main.trainer.seen.setup, app.main.trainer.view
        loss, fit = app.main.query_one(LossPane), app.main.query_one(FitPane)
        await engine.advance(1500)
        await engine.change({"penalty.l2": 0.01}, "an L2 penalty")
        for _ in range(FRAMES):
            await engine.advance(EPOCHS)
            asked = time.perf_counter()
            seen = Seen(await engine.view(view), setup, 500.0)
            began = time.perf_counter()
            taken["ms to make it in the engine"].append(1000 * (began - asked))
            loss.show(seen, view)
            between = time.perf_counter()
            fit.show(opened.recipe, seen)
            ended = time.perf_counter()
            taken["ms to paint the loss chart"].append(1000 * (between - began))
            taken["ms to paint the fit chart"].append(1000 * (ended - between))
            taken["ms to paint both charts"].append(1000 * (ended - began))
            await pilot.pause()
    return taken


def sent(seconds, speed):
    """Return the kilobytes a second that go to the terminal while the app trains."""
    forever = "training.epochs=1000000000"
    with Terminal("split", "--start", "--speed", speed, "--set", forever) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 500)
        began, before = time.monotonic(), len(terminal.output)
        terminal.reads_for(seconds)
        return (len(terminal.output) - before) / (time.monotonic() - began) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    charts = asyncio.run(painted())
    bytes_sent = rounds(
        options.rounds,
        {
            f"KB/s to the terminal at {words}": lambda speed=speed: sent(options.seconds, speed)
            for speed, words in (("500", "500 epochs/s"), ("full", "full speed"))
        },
    )
    table(
        f"{FRAMES} frames, 120x40",
        [
            *(row(name, ms, "{:.2f}") for name, ms in charts.items()),
            *(row(name, values, "{:.1f}") for name, values in bytes_sent.items()),
        ],
    )


if __name__ == "__main__":
    main()
