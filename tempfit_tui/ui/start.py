"""Starts the app on a recipe, with the engine in a child process."""

import os
from pathlib import Path
from typing import NamedTuple

import platformdirs

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.child import ChildEngine


class Options(NamedTuple):
    """What the command line says of the app."""

    start: bool = False
    """Train at once."""
    speed: int | None = 500
    """Epochs a second; None for as many as can be."""
    fps: int = 10
    """Frames a second, at the most."""
    ascii_only: bool = False


def home() -> Path:
    """Return the folder for what the app keeps: TEMPFIT_HOME, else the user's data folder."""
    named = os.environ.get("TEMPFIT_HOME")
    return Path(named) if named else platformdirs.user_data_path("tempfit-tui")


def start_app(opened: Opened, options: Options) -> int:
    """Run the app until it is left; return its exit code."""
    from tempfit_tui.ui.app import TempfitApp  # noqa: PLC0415 - Options is wanted without Textual

    app = TempfitApp(opened, ChildEngine(home() / "engine.log"), options)
    app.run()
    return app.return_code or 0
