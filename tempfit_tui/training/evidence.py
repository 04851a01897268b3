"""What the verdict on a run rests on, at the cost of a frame however long the run is."""

from torch import Tensor

from tempfit_tui.training.baseline import baseline_of, durbin_watson
from tempfit_tui.training.history import History
from tempfit_tui.training.run import Run
from tempfit_tui.training.verdict import SAMPLES, Evidence, Series

LOOKED_AT = 1000
"""So many residuals are looked at, at the most."""


class Witness:
    """Knows what stays the same of a run, and gives the evidence at any epoch of it."""

    def __init__(self, run: Run) -> None:
        self.baseline = baseline_of(run.data)
        in_order = run.data.exact.x.argsort()
        self._rows = in_order[:: -(-len(in_order) // LOOKED_AT)]

    def evidence(self, run: Run) -> Evidence:
        """Return what there is to say of `run` now."""
        unit = run.data.loss_unit
        return Evidence(
            epoch=run.epoch,
            train=series(run.train_losses, unit),
            val=series(run.val_losses, unit) if run.validates and run.epoch else None,
            baseline=self.baseline,
            best_epoch=run.best.epoch if run.best else None,
            best_loss=run.best.loss * unit if run.best else None,
            durbin_watson=durbin_watson(self._residuals(run)),
            stopped=run.stopped.reason if run.stopped else "",
        )

    def _residuals(self, run: Run) -> Tensor:
        exact = run.data.exact
        predicted = run.model.predict(run.weights.double(), exact.x[self._rows])
        return predicted - exact.y[self._rows]


def series(losses: History, unit: float) -> Series:
    """Return at most 1,000 of the losses, in the file's units squared."""
    epochs, values, before = losses.sampled(SAMPLES)
    ends = (losses.first or 0) * unit, (losses.least or 0) * unit
    return Series(epochs, values * unit, before * unit, *ends)
