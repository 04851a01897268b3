"""What the command line says of the app."""

from typing import NamedTuple


class Options(NamedTuple):
    """How the app starts and draws."""

    start: bool = False
    """Train at once."""
    speed: int | None = 500
    """Epochs a second; None for as many as can be."""
    fps: int = 10
    """Frames a second, at the most."""
    ascii_only: bool = False
