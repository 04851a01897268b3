"""A screen whose run can be helped on: the remedies, the ways back, the jumps ahead."""

from textual import work

from tempfit_tui.frame import CutOff, Value
from tempfit_tui.ui.remedies import Answer, remedies
from tempfit_tui.ui.screens.experimenting import ExperimentingScreen
from tempfit_tui.ui.screens.past import PAST


class MendingScreen(ExperimentingScreen):
    """Offers what can be done about the verdict, and does it."""

    _offer: CutOff | None
    """A run that was cut off, until another is trained."""

    async def _open_run(self, run: str) -> None:
        """Go on with a run of the journal; here nothing."""

    async def _restart(self, settings: dict[str, Value], remedy: str = "") -> None:
        """Start anew with `settings`; here nothing."""

    def _on_trouble(self, trouble: str) -> None:
        """Tell why something wasn't done; here nothing."""

    @work
    async def action_remedy(self) -> None:
        """Offer the remedies or the ways back, or start a dead or silent engine again."""
        trainer = self.trainer
        if trainer.death or trainer.silence:
            await trainer.revive()
        elif self._offer:
            await self._open_run(self._offer.id)
        elif self.is_past:
            self._on_trouble(PAST)
        elif trainer.seen:
            question, answers = remedies(trainer.seen, trainer.recipe)
            if answers:
                if answer := await self.chosen(question, answers):
                    await self._take(answer)
            elif not self._trouble:  # as while an engine is being started again
                self._on_trouble(f"nothing to mend: {trainer.seen.frame.verdict.words}")

    async def _take(self, answer: Answer) -> None:
        """Do what `answer` says, and train on if training was under way."""
        trainer, running = self.trainer, self.trainer.running.is_set()
        if answer.leap:
            running = False
            await trainer.leap(answer.leap)
        elif answer.anew:
            await self._restart(answer.settings, answer.words)
        else:
            if answer.rewind:
                await trainer.rewind(answer.rewind)
            if answer.settings:
                name = "" if answer.rewind else answer.words
                if refused := await trainer.change(answer.settings, name):
                    self._on_trouble(refused)
        if running and not answer.rewind:
            trainer.start()
        self._write_bars()
