"""The text field over a value of the hyperparameters pane."""

from textual.binding import Binding
from textual.geometry import Region
from textual.widgets import Input

from tempfit_tui.ui.panes.hyperparameters import HyperparametersPane


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

    def __init__(self, value: str, region: Region, pane: HyperparametersPane) -> None:
        super().__init__(value, select_on_focus=True, compact=True, id="editor")
        self._pane = pane
        self.styles.offset = region.offset
        self.styles.width = region.width

    def action_leave(self) -> None:
        """Keep the old value."""
        self._pane.focus()

    async def action_submit(self) -> None:
        """Ask for the value typed."""
        self._pane.focus()
        self._pane.typed(self.value)

    def on_blur(self) -> None:
        """Go away with the focus."""
        self.remove()
