"""More data: the article's first remedy, with observations that nobody has to make."""

from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.recipe import MoreData
from tempfit_tui.table import Table

LAW = (0.53677, -17.3048)
"""Slope and intercept of the line through the article's eleven points, by least squares."""


class Drawn(NamedTuple):
    """Observations that aren't in the file, float64 in its units; shape (rows,) each."""

    x: Tensor
    y: Tensor
    name: str
    """What they are, as in `drawn`; "" where there are none."""
    words: str
    """The same in full."""


def more_data(settings: MoreData, table: Table, x: Tensor, y: Tensor) -> Drawn:
    """Draw the observations that `settings` ask for, for training; `x` and `y` train already.

    For the article's thermometer they are drawn on its fitted law. Of any other file the law isn't
    known: they are jittered copies of training rows, which hold nothing new.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    rows, noise = settings.rows, settings.noise

    def normal() -> Tensor:
        return torch.randn(rows, generator=generator, dtype=torch.float64)

    if not rows:
        return Drawn(x[:0], y[:0], "", "")
    if _is_the_thermometer(table):
        low, high = table.span()
        places = torch.rand(rows, generator=generator, dtype=torch.float64)
        drawn_x = low + (high - low) * places
        words = f"{rows:,} drawn on the fitted law, noise {noise:g}"
        return Drawn(drawn_x, LAW[0] * drawn_x + LAW[1] + noise * normal(), "drawn", words)
    copied = torch.randint(len(x), (rows,), generator=generator)
    # As far along the input as along the target, each in its own deviations.
    aside = noise * float(x.std(correction=0)) / max(float(y.std(correction=0)), 1e-300)
    words = f"{rows:,} jittered copies of training rows, noise {noise:g}"
    return Drawn(x[copied] + aside * normal(), y[copied] + noise * normal(), "copies", words)


def _is_the_thermometer(table: Table) -> bool:
    """Tell whether these are the article's eleven points, by the line through them."""
    if len(table) != 11:
        return False
    x, y = torch.tensor(table.x, dtype=torch.float64), torch.tensor(table.y, dtype=torch.float64)
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())
    intercept = float(y.mean()) - slope * float(x.mean())
    return abs(slope - LAW[0]) < 1e-5 and abs(intercept - LAW[1]) < 1e-4
