"""The road not taken: a run as it would be without the last change, beside the run with it."""

from tempfit_tui.frame import Ghost, Verdict, View
from tempfit_tui.training.evidence import series
from tempfit_tui.training.outcome import Without, outcome
from tempfit_tui.training.run import Run
from tempfit_tui.training.verdict import Evidence

SETTLED = 200
"""So many epochs after a change at the least, a remedy is judged."""


class RoadNotTaken:
    """A twin of a run as it was before a change; it costs as much as the run does.

    It is judged as a `remedy` where it has a name. One that doesn't follow stays as it is.
    """

    def __init__(
        self,
        run: Run,
        remedy: str,
        *,
        anew: bool,
        label: str = "without it",
        follows: bool = True,
    ) -> None:
        self._run = run.twin()
        self._remedy, self._label, self._follows = remedy, label, follows
        self._judged_from = run.epoch + (0 if anew else SETTLED)

    @property
    def follows(self) -> bool:
        """Whether it goes on beside the run."""
        return self._follows

    def follow(self, epoch: int, most: int) -> None:
        """Train towards `epoch`, for so many epochs at the most."""
        if self._follows and not self._run.stopped:
            self._run.advance(max(0, min(epoch - self._run.epoch, most)))

    def seen(self, run: Run, evidence: Evidence, verdict: Verdict, view: View) -> Ghost:
        """Return its curve in `view`, and whether the remedy helped `run`."""
        losses, unit = self._run.val_losses, self._run.data.loss_unit
        if not self._run.validates:
            losses = self._run.train_losses
        # A window is on the last epochs of the run, which the ghost may be ahead of.
        window = view.window and view.window + max(0, losses.epochs - run.epoch)
        curve = losses.curve(window, view.columns, unit, view.smooth)
        if not self._remedy:
            return Ghost(curve, losses.epochs, self._label)
        whole = series(losses, unit)
        val = whole.where(whole.epochs <= run.epoch)
        without = Without(val, diverged=bool(self._run.stopped))
        judged = outcome(self._remedy, evidence, verdict, without, self._judged_from)
        return Ghost(curve, losses.epochs, self._label, judged)
