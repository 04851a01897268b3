"""A run's losses as CSV, every epoch with all its digits."""

from collections.abc import Iterable
from itertools import chain, repeat


def losses_csv(train: Iterable[float | None], val: Iterable[float | None] | None) -> str:
    """Return a line for each epoch, from 1; a cell is empty where a loss isn't finite.

    So are all cells of validation where `val` is None: no rows validate.
    """
    pairs = zip(train, repeat(None), strict=False) if val is None else zip(train, val, strict=True)
    lines = (
        f"{epoch},{_cell(of_train)},{_cell(of_val)}"
        for epoch, (of_train, of_val) in enumerate(pairs, start=1)
    )
    return "\n".join(chain(["epoch,train_loss,val_loss"], lines)) + "\n"


def _cell(loss: float | None) -> str:
    return "" if loss is None else repr(loss)
