"""The signs on the screen, and what stands for them where only ASCII can be shown."""

from typing import ClassVar

from textual.scrollbar import ScrollBarRender
from textual.widget import Widget

_ASCII = str.maketrans(
    {
        "●": "o", "◆": "x", "↻": "@", "−": "-", "‹": "<", "›": ">", "▰": "#", "▱": ".",
        "·": "|", "→": ">", "▶": ">", "◀": "<", "‖": "=", "■": "#", "✖": "!", "⚠": "!",
        "×": "x", "∂": "d", "—": "-", "…": "~", "²": "^2", "°": " ", "–": "-",
        "δ": "d", "Σ": "sum ",
    }
)  # fmt: skip


class PlainScrollBar(ScrollBarRender):
    """A scroll bar without the blocks that round its ends to less than a line."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]


class Glyphs:
    """Writes text as the terminal can show it."""

    def __init__(self, ascii_only: bool) -> None:
        self.ascii_only = ascii_only

    def __call__(self, text: str) -> str:
        """Return `text`, in ASCII if that is all there is."""
        if not self.ascii_only:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")

    def fit_scrollbar(self, widget: Widget) -> None:
        """Let the widget's scroll bar do with ASCII, if that is all there is."""
        if self.ascii_only:
            # A class variable by its type, but set so in the documentation too.
            widget.vertical_scrollbar.renderer = PlainScrollBar  # type: ignore[misc]
