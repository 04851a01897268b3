"""A screen whose run can be looked back on: any epoch again, and another way from there."""

from textual import work

from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.screens.panes import PanesScreen
from tempfit_tui.ui.trainer import Trainer

PAST = "this is past and stays as it was: b branches here, Esc returns to the present"


class PastScreen(PanesScreen):
    """Routes the keys and clicks that go through a run's time to its trainer."""

    trainer: Trainer

    @work
    async def action_scrub(self, columns: int) -> None:
        """Look at the epoch so many columns of the loss chart later."""
        await self._look_at(columns * self.query_one(LossPane).epochs_a_column)

    @work
    async def action_scrub_one(self, epochs: int) -> None:
        """Look at the epoch so many later."""
        await self._look_at(epochs)

    async def _look_at(self, further: int) -> None:
        trainer = self.trainer
        if (at := trainer.looked_at) is not None:
            wanted = max(0, at + further)
            await trainer.look_back(wanted if wanted < trainer.present else None)

    @work
    async def on_loss_pane_looked(self, event: LossPane.Looked) -> None:
        """Look at the epoch clicked on."""
        earlier = event.epoch < self.trainer.present
        await self.trainer.look_back(event.epoch if earlier else None)

    @property
    def is_past(self) -> bool:
        """Whether an epoch is looked back on."""
        return bool(self.trainer.seen and self.trainer.seen.frame.is_past)

    @work
    async def action_present(self) -> None:
        """Return to the present."""
        if self.is_past:
            await self.trainer.look_back(None)

    @work
    async def action_branch(self) -> None:
        """Begin another run at the epoch shown."""
        await self.trainer.branch()

    @work
    async def action_best(self) -> None:
        """Go back to the best weights."""
        await self.trainer.rewind("best")
