"""A run's losses as CSV, every epoch with all its digits."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from tempfit_tui.frame import Leap


def losses_csv(
    train: Iterable[float | None],
    val: Iterable[float | None] | None,
    leaps: Sequence[Leap] = (),
) -> str:
    """Return a line for each epoch, from 1; a cell is empty where a loss isn't finite.

    So are all cells of validation where `val` is None: no rows validate. Where there are `leaps`,
    a last cell tells 1 for an epoch that was computed and 0 for one that was trained.
    """
    pairs = zip(train, repeat(None), strict=False) if val is None else zip(train, val, strict=True)
    ends = _computed(leaps) if leaps else repeat("")
    lines = (
        f"{epoch},{_cell(of_train)},{_cell(of_val)}{end}"
        for epoch, ((of_train, of_val), end) in enumerate(zip(pairs, ends, strict=False), start=1)
    )
    heading = f"epoch,train_loss,val_loss{',computed' if leaps else ''}"
    return "\n".join(chain([heading], lines)) + "\n"


def _computed(leaps: Sequence[Leap]) -> Iterator[str]:
    """Give the last cell of each epoch, without end."""
    before = 0
    for leap in leaps:
        yield from repeat(",0", leap.epoch - before)
        yield from repeat(",1", leap.until - leap.epoch)
        before = leap.until
    yield from repeat(",0")


def _cell(loss: float | None) -> str:
    return "" if loss is None else repr(loss)
