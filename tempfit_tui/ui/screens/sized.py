"""A screen that always ends in the size of the terminal."""

from textual import on
from textual.events import Resize
from textual.screen import Screen, ScreenResultType


class SizedScreen(Screen[ScreenResultType]):
    """Lays itself out for the size that the app has now, and for no other.

    When Textual has laid out a screen for a new size, it sends the screen that size once more. If
    the terminal has changed again in between, two sizes are on their way. The screen is laid out
    for each of them in turn, each layout sends its size again, and this never ends.
    """

    @on(Resize)
    def follow_app(self, event: Resize) -> None:
        """Replace a size that is out of date by the present one."""
        size = self.app.size
        if event.size != size:
            event.prevent_default()
            self.post_message(Resize(size, size))
