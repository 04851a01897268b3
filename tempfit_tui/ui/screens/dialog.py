"""What is open over the main screen gives its answer once, however many keys and clicks come."""

from textual.await_complete import AwaitComplete
from textual.screen import ScreenResultType

from tempfit_tui.ui.screens.sized import SizedScreen


class Dialog(SizedScreen[ScreenResultType]):
    """A screen that is closed by its answer."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Give back `result`; nothing if another screen is in front by now.

        A second Enter or click can be on its way before the first has closed the screen. Textual
        would close whatever is in front then, and fail where that is the main screen.
        """
        if not self.is_active:
            return AwaitComplete()
        self.workers.cancel_node(self)  # else they could look for what is no longer there
        return super().dismiss(result)
