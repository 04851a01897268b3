"""The help: what is on the screen, and every key."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.keys import KEYS
from tempfit_tui.ui.screens.dialog import Dialog

WIDE = 116
"""With so many columns the keys have two."""
INTRODUCTION = (
    "An epoch is a forward pass, a loss, a gradient and an update. The loss chart shows the "
    "training loss and the validation loss, both measured before the update, in the file's units "
    "squared. Settings marked ↻ need a new start; all others change between two epochs."
)
WIDGET_KEYS = (
    ("Tab", "next pane"),
    ("arrows", "turn a setting; on a chart read off exact values"),
    ("ctrl+p", "all commands by name"),
)


class HelpScreen(ModalScreen[None], Dialog[None]):
    """Shows the keys until one of q, ? and Esc."""

    BINDINGS = [Binding("escape,q,question_mark", "dismiss", "back", show=False)]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 76; max-width: 96%; height: auto; max-height: 96%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    HelpScreen Horizontal { height: auto; layout: vertical; }
    HelpScreen.-wide > VerticalScroll { width: 116; max-width: 100%; }
    HelpScreen.-wide Horizontal { layout: horizontal; }
    HelpScreen.-wide Horizontal Static { width: 1fr; }
    HelpScreen.-ascii > VerticalScroll { border: ascii $primary; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the words and the keys."""
        rows = [(key.shown, key.words) for key in KEYS] + list(WIDGET_KEYS)
        lines = [
            Content.assemble((f"{shown:>8}  ", "bold $text-accent"), self._glyphs(words))
            for shown, words in rows
        ]
        half = (len(lines) + 1) // 2
        with VerticalScroll() as panel:
            self._glyphs.fit_scrollbar(panel)
            panel.border_title = "Help"
            panel.border_subtitle = "Esc: back"
            yield Static(Content(self._glyphs(INTRODUCTION) + "\n"))
            with Horizontal():
                yield Static(Content("\n").join(lines[:half]))
                yield Static(Content("\n").join(lines[half:]))

    def on_resize(self) -> None:
        """Lay the keys out in two columns where there is room."""
        self.set_class(self.size.width >= WIDE, "-wide")
