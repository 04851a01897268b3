"""A screen of panes: all beside each other, or one at a time where there is little room."""

from textual.events import DescendantFocus

from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.bars import PANES
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.remedies import Answer
from tempfit_tui.ui.screens.sized import SizedScreen

WIDE, TALL = 100, 28
"""With fewer columns or lines one pane is shown at a time."""
LEAST_WIDE, LEAST_TALL = 60, 20
"""With fewer there is no room for a pane."""


class PanesScreen(SizedScreen[None]):
    """Knows the pane in use, and asks questions over all of them."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(classes="-show-loss")
        self.glyphs = glyphs
        self.shown = "loss"
        """The pane that has the focus, or had it last."""

    def on_resize(self) -> None:
        """Choose the layout that fits."""
        width, height = self.size
        self.set_class(width < WIDE or height < TALL, "-tabs")
        self.set_class(width < LEAST_WIDE or height < LEAST_TALL, "-too-small")

    def pane_changed(self) -> None:
        """Do what another pane in use makes needed; here nothing."""

    def action_pane(self, name: str) -> None:
        """Go to a pane; in the fit pane already, go to its next tab."""
        if name == "fit" and self.shown == "fit":
            self.query_one(FitPane).next_tab()
        self.show_pane(name)

    def show_pane(self, name: str) -> None:
        """Give a pane the focus, and bring it into sight."""
        self._mark_shown(name)
        shown = self.query_one(f"#{name}")
        (shown.content if isinstance(shown, FitPane) else shown).focus()

    def _mark_shown(self, name: str) -> None:
        if name == self.shown:
            return
        self.shown = name
        for pane in PANES:
            self.set_class(pane == name, f"-show-{pane}")
        self.pane_changed()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep in mind the pane that has the focus."""
        for ancestor in event.widget.ancestors_with_self:
            if ancestor.id in PANES:
                self._mark_shown(ancestor.id)

    def action_next_pane(self, direction: int) -> None:
        """Go to the pane after this one, or before it."""
        names = list(PANES)
        self.show_pane(names[(names.index(self.shown) + direction) % len(names)])

    def action_help(self) -> None:
        """Show the keys."""
        from tempfit_tui.ui.screens.help import HelpScreen  # noqa: PLC0415 - not for the first frame

        self.app.push_screen(HelpScreen(self.glyphs))

    async def agreed(self, question: str) -> bool:
        """Ask whether to start anew."""
        answers = [Answer("yes", "start anew"), Answer("no", "keep this run")]
        answer = await self.chosen(question, answers)
        return answer is not None and answer.name == "yes"

    async def chosen(self, question: str, answers: list[Answer]) -> Answer | None:
        """Ask `question`, and return the answer taken, or None."""
        if self.app.screen is not self:  # a second press: something is asked already
            return None
        from tempfit_tui.ui.screens.choice import ChoiceScreen  # noqa: PLC0415 - not for the first frame

        return await self.app.push_screen_wait(ChoiceScreen(question, answers, self.glyphs))
