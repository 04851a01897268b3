"""What the landscape chart shows: the loss around an epoch, or the words in its place."""

from typing import NamedTuple

from tempfit_tui.insight import Landscape

WORKING = "working out the loss around here"


class LandscapePicture(NamedTuple):
    """All that the landscape chart shows."""

    landscape: Landscape | None = None
    words: str = WORKING
    """What is said while there is no landscape."""
    cursor: tuple[float, float] | None = None
    """The place that is read off, as the axes count; None for none."""
    loss: float | None = None
    """The exact loss there, in the file's units squared; None where it isn't known or finite."""
