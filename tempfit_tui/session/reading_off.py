"""The exact values at a cursor: losses of an epoch, a prediction, the loss at a place."""

import torch

from tempfit_tui.insight import Cursor, Readings
from tempfit_tui.journal.reading import Reader
from tempfit_tui.session.looking import Looker
from tempfit_tui.session.past import losses_of
from tempfit_tui.text import InputError, finite
from tempfit_tui.training.run import Run


def read_off(
    cursor: Cursor, shown: Run, run: Run, journal: Reader, run_id: str | None, looker: Looker
) -> Readings:
    """Return what `cursor` asks for: predictions of `shown`, losses of all of `run`."""
    train = val = y = low = high = None
    if cursor.epoch is not None:
        train, val = _losses(cursor.epoch, run, journal, run_id)
    if cursor.x is not None:
        x = torch.tensor([cursor.x], dtype=torch.float64)
        y = finite(float(shown.predict(x)))
        low, high = shown.data.trained_span.tolist()
    loss = looker.loss_at(cursor.spot) if cursor.spot else None
    return Readings(cursor, train, val, y, low, high, loss)


def _losses(
    epoch: int, run: Run, journal: Reader, run_id: str | None
) -> tuple[float | None, float | None]:
    """Return the record of an epoch, from the history while it has it, else from the journal."""
    if not 1 <= epoch <= run.epoch:
        return None, None
    unit = run.data.loss_unit
    train, val = run.train_losses.at(epoch), run.val_losses.at(epoch)
    if train is None and run_id:
        try:
            first, kept = journal.last_losses(run_id, epoch)
        except InputError:
            return None, None
        trains, vals = losses_of(kept.train)[epoch - first :], losses_of(kept.val)[epoch - first :]
        train = float(trains[0]) if len(trains) else None
        val = float(vals[0]) if len(vals) else None
    return finite(train, unit), finite(val, unit)
