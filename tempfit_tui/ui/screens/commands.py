"""All commands by name: Textual's palette, which runs what was chosen once."""

from textual import on
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from tempfit_tui.ui.screens.dialog import Dialog

LONGEST = 100
"""In characters; longer than any command."""


class CommandsScreen(CommandPalette, Dialog[None]):
    """Commands to choose from, found by a few letters."""

    def on_mount(self) -> None:
        """Let no more be typed than is looked for in an instant."""
        self.query_one(Input).max_length = LONGEST

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def choose(self, event: Input.Submitted | OptionList.OptionSelected) -> None:
        """Let Textual run the command, unless it has: a second Enter is no second choice."""
        if not self.is_active:
            event.stop()
            event.prevent_default()
