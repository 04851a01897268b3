"""Starts the app on a recipe, with the engine in a child process."""

import asyncio
import contextlib
import gc
import signal
from functools import partial
from types import FrameType

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.child import ChildEngine
from tempfit_tui.home import home
from tempfit_tui.signals import ENDING, GRACE_SECONDS, exit_in
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.options import Options

LOADED_SECONDS, STARTED_SECONDS = 1.0, 5.0
"""When the first frame has long been drawn, and when training has."""


def start_app(opened: Opened, options: Options) -> int:
    """Run the app until it is left; return its exit code."""
    app = TempfitApp(opened, ChildEngine(home() / "engine.log"), options)
    asyncio.run(_live(app))
    return app.return_code or 0


async def _live(app: TempfitApp) -> None:
    """Run the app; a signal to end ends it as `q` does, with the terminal restored."""
    end = partial(_end, app, asyncio.get_running_loop())
    for number in ENDING:
        # Not by the loop, which stands still where the terminal takes no more output.
        signal.signal(number, end)
    for seconds in (LOADED_SECONDS, STARTED_SECONDS):
        asyncio.get_running_loop().call_later(seconds, _collect_garbage)
    await app.run_async()


def _collect_garbage() -> None:
    """Let the collector work, but for what is left by now: that stays as long as the app."""
    if gc.isenabled():
        gc.collect()
    gc.freeze()
    gc.enable()


def _end(
    app: TempfitApp, loop: asyncio.AbstractEventLoop, number: int, _: FrameType | None
) -> None:
    # Where the terminal is gone or doesn't read, restoring it may never come to an end.
    exit_in(GRACE_SECONDS, 128 + number, app.restore_terminal)
    # In the background, restoring it would stop the process.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    # Through the main screen's queue: an exit before it is mounted leaves it without its panes.
    leave = partial(app.main.call_later, app.exit, return_code=128 + number)
    with contextlib.suppress(RuntimeError):  # the loop is closed: it has been left already
        loop.call_soon_threadsafe(leave)
