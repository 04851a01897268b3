"""The lines above and below the panes: title, tabs, status, verdict and footer."""

from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from tempfit_tui.recipe import Recipe
from tempfit_tui.text import number, setting
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.keys import footer_keys
from tempfit_tui.ui.trainer import Seen
from tempfit_tui.ui.words import Part, Situation, verdict_words

PANES = {
    "dataset": "1 Dataset",
    "hyperparameters": "2 Hyperparameters",
    "loss": "3 Loss",
    "fit": "4 Fit",
}
"""The panes' names on the tabs of a small screen."""
NARROW = 100
"""With fewer columns the status line leaves things out."""


class Bar(Widget):
    """A line of text, made for the width there is."""

    DEFAULT_CSS = """
    Bar {
        height: 1;
        padding: 0 1;
    }
    """

    def __init__(self, glyphs: Glyphs, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.glyphs = glyphs
        self._content = Content("")

    def parts(self) -> list[Part]:
        """Return the line's text with its styles."""
        raise NotImplementedError

    def render(self) -> Content:
        """Return the line."""
        self._content = self._written()
        return self._content

    def rewrite(self) -> None:
        """Draw the line anew if it has changed."""
        new, old = self._written(), self._content
        if new != old or new.spans != old.spans:
            self.refresh()

    def _written(self) -> Content:
        return Content.assemble(*((self.glyphs(text), style) for text, style in self.parts()))


class TitleBar(Bar):
    """The recipe, and at the right whether it trains and how fast it is asked to."""

    _shown: tuple[Recipe, str, Part, int | None] | None = None

    def show(self, recipe: Recipe, optimizer: str, state: Part, speed: int | None) -> None:
        """Show the recipe's title and model, the state and the chosen speed."""
        self._shown = recipe, optimizer, state, speed
        self.rewrite()

    def parts(self) -> list[Part]:
        """Return title, model, state and speed, as far as there is room."""
        if self._shown is None:
            return []
        recipe, optimizer, state, speed = self._shown
        what = f" · {recipe.model.words} · {optimizer}"
        chosen = "full speed" if speed is None else f"speed {speed:,}/s"
        right = f"{state[0]}   {chosen}"
        room = self.size.width - len("tempfit  ") - len(right) - 2
        title = shortened(recipe.title or "untitled", room)
        if width_of(title) + width_of(what) > room:
            what = ""
        gap = " " * max(1, room - width_of(title) - width_of(what) + 2)
        return [
            ("tempfit  ", "bold $text-primary"),
            (title, "bold"),
            (what, "$foreground 60%"),
            (gap, ""),
            state,
            (f"   {chosen}", "$foreground 60%"),
        ]


class TabsBar(Bar):
    """The panes' names, where there is room for only one of them."""

    _active = ""

    def show(self, active: str) -> None:
        """Mark the pane that is shown."""
        self._active = active
        self.rewrite()

    def parts(self) -> list[Part]:
        """Return the names, the active one marked."""
        parts: list[Part] = []
        for name, words in PANES.items():
            look = "bold reverse $primary" if name == self._active else "$foreground 70%"
            parts += [(f" {words} ", look), (" ", "")]
        return parts

    async def on_click(self, event: Click) -> None:
        """Go to the pane clicked on."""
        begin = 1
        for name, words in PANES.items():
            if begin <= event.x < begin + len(words) + 2:
                await self.app.run_action(f"pane('{name}')", self.screen)
            begin += len(words) + 3


class StatusBar(Bar):
    """Epoch, both losses, learning rate, live rate and gap."""

    _shown: tuple[Seen | None, float, bool] = None, 0.0, False

    def show(self, seen: Seen | None, lr: float, running: bool) -> None:
        """Show the frame's numbers; before the first frame epoch 0."""
        self._shown = seen, lr, running
        self.rewrite()

    def parts(self) -> list[Part]:
        """Return the numbers that there is room for."""
        seen, lr, running = self._shown
        frame = seen.frame if seen else None
        rate = seen.rate if seen and running else None
        measured, validates = bool(frame and frame.epoch), bool(seen and seen.setup.validation)
        wide = self.outer_size.width >= NARROW
        parts: list[Part] = [
            (f"epoch {frame.epoch if frame else 0:,}", "bold"),
            ("   train ", "$train"),
            (_told(frame.train_loss if frame else None, measured), "bold $train"),
            ("   val ", "$validation"),
            (_told(frame.val_loss if frame else None, measured and validates), "bold $validation"),
            ("   lr ", "$foreground 70%"),
            (setting(lr), "bold"),
        ]
        if rate is not None:
            parts.append((f"   {_rate(rate, wide)}", "$foreground 70%"))
        if wide and frame and frame.train_loss is not None and frame.val_loss is not None:
            gap = number(frame.val_loss - frame.train_loss)
            parts.append((f"   gap {gap}", "$foreground 70%"))
        return parts


class VerdictBar(Bar):
    """One sentence on the run and what can be done about it; then what else there is to say."""

    DEFAULT_CSS = "VerdictBar { height: 2; }"

    _shown = Situation(None, False, "", "")

    def show(self, now: Situation) -> None:
        """Say what is so."""
        self._shown = now
        self.rewrite()

    def parts(self) -> list[Part]:
        """Return the sentence."""
        return verdict_words(self._shown, self.size.width)


def _told(loss: float | None, measured: bool) -> str:
    """Return a loss; one that was measured and isn't there wasn't finite."""
    return "not finite" if measured and loss is None else number(loss)


def _rate(rate: float, wide: bool) -> str:
    if wide:
        return f"{rate:,.0f} epochs/s"
    return f"{rate / 1000:.3g}k/s" if rate >= 1000 else f"{rate:.0f}/s"


class FooterBar(Bar):
    """The keys that matter now; a click does what the key does."""

    def __init__(self, glyphs: Glyphs, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(glyphs, id)
        self._ends: list[tuple[int, str]] = []
        self._shown = False, "loss"

    def show(self, training: bool, pane: str) -> None:
        """Show the keys of the pane that has the focus."""
        self._shown = training, pane
        self.rewrite()

    def parts(self) -> list[Part]:
        """Return as many of the keys as there is room for, help and quit always among them."""
        training, pane = self._shown
        parts: list[Part] = []
        self._ends = []
        used = 1
        *others, ask, leave = footer_keys(pane)
        room = self.size.width - sum(len(key.shown) + len(key.footer) + 3 for key in (ask, leave))
        for key in (*others, ask, leave):
            words = ("pause" if training else "train") if key.action == "pause" else key.footer
            width = len(key.shown) + len(words) + 3
            if used + width > room and key not in (ask, leave):
                continue
            used += width
            parts += [(f"{key.shown} ", "bold $text-accent"), (f"{words}  ", "$foreground 80%")]
            self._ends.append((used, key.action))
        return parts

    async def on_click(self, event: Click) -> None:
        """Do what the key clicked on does."""
        for end, action in self._ends:
            if event.x < end:
                await self.app.run_action(action, self.screen)
                return
