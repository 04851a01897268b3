"""The text field over a value of the hyperparameters pane."""

from collections.abc import Callable

from textual.binding import Binding
from textual.events import Paste
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Input

LONGEST = 500
"""In characters; longer than any setting."""


class Editor(Input):
    """The text field over a value; Esc leaves it, Enter takes what it holds."""

    BINDINGS = [Binding("escape", "leave", "keep the old value", show=False)]

    DEFAULT_CSS = """
    Editor {
        layer: above; position: absolute;
        height: 1; border: none; padding: 0; background: $primary 30%;
    }
    Editor:focus { border: none; }
    """

    def __init__(
        self,
        value: str,
        region: Region,
        pane: Widget,
        on_typed: Callable[[str], None],
        *,
        placeholder: str = "",
    ) -> None:
        # Without an id: the one before may still be going.
        super().__init__(value, placeholder, max_length=LONGEST, select_on_focus=True, compact=True)
        self._pane, self._on_typed = pane, on_typed
        self.styles.offset = region.offset
        self.styles.width = region.width

    def on_paste(self, event: Paste) -> None:
        """Cut a text to what the field has room for; Textual would refuse the whole."""
        room = LONGEST - len(self.value) + len(self.selected_text)
        event.text = "".join(event.text.splitlines()[:1])[: max(0, room)]

    def action_leave(self) -> None:
        """Keep the old value."""
        self._pane.focus()

    async def action_submit(self) -> None:
        """Ask for the value typed."""
        self._pane.focus()
        self._on_typed(self.value)

    def on_blur(self) -> None:
        """Go away with the focus; a click before the next frame must not give it back."""
        self.can_focus = False
        self.remove()
