"""A question with a few answers, over the main screen: Enter takes one, Esc none."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.remedies import Answer
from tempfit_tui.ui.screens.dialog import Dialog


class ChoiceScreen(ModalScreen[Answer | None], Dialog[Answer | None]):
    """Asks, and gives back the answer taken, or None."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "back", show=False),
        *(Binding(str(n), f"take({n - 1})", f"answer {n}", show=False) for n in range(1, 10)),
    ]

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; background: $background 60%; }
    ChoiceScreen > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ChoiceScreen.-ascii > Vertical { border: ascii $primary; }
    ChoiceScreen OptionList { height: auto; border: none; background: $surface; padding: 0; }
    """

    def __init__(self, question: str, answers: list[Answer], glyphs: Glyphs) -> None:
        super().__init__()
        self._question, self._answers, self._glyphs = question, answers, glyphs
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the question and its answers."""
        with Vertical():
            yield Static(Content.styled(self._glyphs(self._question), "bold"))
            yield OptionList(*map(self._option, range(len(self._answers))), compact=True)
            yield Static(
                Content.styled(self._glyphs("Enter or its number takes it · Esc goes back"), "dim")
            )

    def _option(self, index: int) -> Option:
        answer = self._answers[index]
        why = f"\n  {answer.why}" if answer.why else ""
        number = (f"{index + 1} ", "bold")
        words = self._glyphs(f"{answer.words} ↻" if answer.anew else answer.words)
        return Option(Content.assemble(number, words, (self._glyphs(why), "dim")), id=answer.name)

    def action_take(self, index: int) -> None:
        """Give back the answer of that number."""
        if index < len(self._answers):
            self.dismiss(self._answers[index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give back what was taken."""
        self.dismiss(self._answers[event.option_index])
