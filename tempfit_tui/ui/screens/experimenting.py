"""A screen whose run can be experimented on, while it stays as it is."""

from textual import work

from tempfit_tui.ui.fields import FIELD, numeric
from tempfit_tui.ui.panes.hyperparameters import HyperparametersPane
from tempfit_tui.ui.screens.looks import LooksScreen


class ExperimentingScreen(LooksScreen):
    """Opens the experiments, and takes what was found."""

    _trouble: str

    def _write_bars(self) -> None:
        """Tell in the bars what goes on; here nothing."""

    @work
    async def action_experiments(self) -> None:
        """Find a learning rate, paused."""
        trainer = self.trainer
        if self.app.screen is not self or not trainer.seen:
            return
        from tempfit_tui.ui.screens.experiments import ExperimentsScreen, Shown  # noqa: PLC0415 - not for the first frame

        was_running = trainer.running.is_set()
        trainer.pause()
        self._write_bars()
        field = FIELD["training.lr"]
        shown = Shown(numeric(trainer.seen.frame.settings[field.name]), self.is_past)
        screen = ExperimentsScreen(trainer, shown, lambda: self._trouble, self.glyphs)
        lr = await self.app.push_screen_wait(screen)
        if lr is None:
            return
        refused = await trainer.change({field.name: lr})
        self.query_one(HyperparametersPane).refuse(field, refused)
        if was_running and not refused:
            trainer.start()
        self._write_bars()
