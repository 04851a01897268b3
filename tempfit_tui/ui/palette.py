"""The colours and markers of training and validation: one of each, everywhere.

The pair is colour-blind-safe (Okabe and Ito), in a bright form for dark themes and a deep one for
light themes.
"""

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours as `#rrggbb`."""

    train: str
    validation: str
    curve: str
    """The fitted curve."""
    faint: str
    """Axes, grid, floor and marks."""
    ghost: str
    """The validation loss of a run without the last remedy."""


DARK = Palette(
    train="#56b4e9", validation="#e69f00", curve="#d0d0d0", faint="#7a7f8e", ghost="#86653a"
)
LIGHT = Palette(
    train="#0072b2", validation="#b85c00", curve="#3a3a3a", faint="#7a7f8e", ghost="#d0a878"
)


class Markers(NamedTuple):
    """One character each."""

    train: str
    validation: str


SHAPES = Markers(train="●", validation="◆")
ASCII = Markers(train="o", validation="x")
