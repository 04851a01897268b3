"""Runs of the journal side by side: their curves and their settings."""

from tempfit_tui.journal.reading import Reader
from tempfit_tui.record import Traced
from tempfit_tui.session.past import history_of


def compared(journal: Reader, ids: list[str], columns: int) -> list[Traced]:
    """Return those of the runs `ids` that there are, their curves in so many columns.

    Raises:
        InputError: one of them is damaged.
    """
    traced = []
    for summary in journal.summaries(ids):
        row = journal.row(summary.id)
        losses = journal.losses(summary.id, summary.epochs)
        train, val = (
            history_of(kept).curve(None, columns, row.unit) for kept in (losses.train, losses.val)
        )
        settings, changes = journal.standing(row).settings, journal.changes(summary.id)
        traced.append(Traced(summary, train, val, settings, changes))
    return traced
