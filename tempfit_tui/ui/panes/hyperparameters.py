"""The hyperparameters pane: every setting, changed by arrows, by typing or by mouse."""

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region
from textual.message import Message

from tempfit_tui.frame import Limit, Value
from tempfit_tui.text import number
from tempfit_tui.ui.fields import FIELD, FIELDS, Field, Settings, numeric
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lines import Lines

if TYPE_CHECKING:
    from tempfit_tui.ui.panes.editor import Editor

LABEL = 11
"""The labels' width; values begin after it."""
CONTROLS = 5
"""The width at the right end for the buttons of a row."""
GROUPS = ("training.gradient", "penalty.l2", "training.batch_size")
"""A blank line goes before these, where there is room."""


class Row(NamedTuple):
    """A line of the pane."""

    field: Field | None
    """The field that can be changed on it; None for words alone."""
    words: str = ""
    style: str = ""


class HyperparametersPane(Lines):
    """Settings with a cursor: arrows step, Enter edits, a click does either."""

    BORDER_TITLE = "2 Hyperparameters"
    BINDINGS = [
        Binding("up,k", "cursor(-1)", "the setting above", show=False),
        Binding("down,j", "cursor(1)", "the setting below", show=False),
        Binding("left,h", "turn(-1)", "the value before", show=False),
        Binding("right", "turn(1)", "the next value", show=False),
        Binding("enter", "edit", "type a value", show=False),
    ]

    class Wanted(Message):
        """A setting shall have another value."""

        def __init__(self, field: Field, value: Value) -> None:
            super().__init__()
            self.field, self.value = field, value

    def __init__(self, settings: Settings, glyphs: Glyphs) -> None:
        super().__init__(id="hyperparameters")
        self._settings, self._glyphs = settings, glyphs
        self._limit: Limit | None = None
        self._more_noise: float | None = None
        self._refusal: tuple[str, str] | None = None
        self._field = "training.lr"
        self._lines: list[Row] = []
        self._editor: Editor | None = None

    def on_mount(self) -> None:
        """Show the recipe's settings at once."""
        self._glyphs.fit_scrollbar(self)
        self._lay_out()

    def on_resize(self) -> None:
        """Break the words anew; the text field would be beside its value now."""
        if self._editor and self._editor.has_focus:
            self.focus()
        if self._rows_now() != self._lines:
            self._lay_out()

    def show(
        self, settings: Settings, limit: Limit | None, more_noise: float | None = None
    ) -> None:
        """Show what is in force, the largest stable learning rate, and the data noise in use."""
        known = settings, limit, more_noise
        if known != (self._settings, self._limit, self._more_noise):
            self._settings, self._limit, self._more_noise = known
            self._lay_out()

    def refuse(self, field: Field, reason: str) -> None:
        """Show beside `field` why it can't have the value asked for; "" takes that back."""
        refusal = (field.name, reason) if reason else None
        if refusal != self._refusal:
            self._refusal = refusal
            self._lay_out()

    def want_step(self, name: str, direction: int) -> None:
        """Ask for the next value of the setting of that name."""
        field = FIELD[name]
        value = field.stepped(self._settings[name], direction)
        if value != self._settings[name]:
            self.post_message(self.Wanted(field, value))
            if not field.anew:  # for a key that comes before the answer
                self.show({**self._settings, name: value}, self._limit, self._more_noise)

    def _lay_out(self) -> None:
        self._lines = self._rows_now()
        if not any(row.field and row.field.name == self._field for row in self._lines):
            self._field = "training.lr"
        self.set_rows(len(self._lines))

    def _rows_now(self) -> list[Row]:
        rows: list[Row] = []
        for field in FIELDS:
            if not field.shown(self._settings):
                continue
            if field.name in GROUPS:
                rows.append(Row(None))
            rows.append(Row(field))
            if self._refusal and self._refusal[0] == field.name:
                rows += [Row(None, line, "$text-error") for line in self._wrapped(self._refusal[1])]
            if note := field.note(self._settings):
                rows += [Row(None, line, "$foreground 60%") for line in self._wrapped(note)]
            if field.name == "training.lr":
                rows += [Row(None, line, "$foreground 60%") for line in self._stability()]
        if 0 < self.size.height < len(rows):  # too low for blank lines
            rows = [row for row in rows if row.field or row.words]
        return rows

    def _wrapped(self, words: str) -> list[str]:
        width = max(20, self.size.width - 3)
        return [f"  {line}" for line in textwrap.wrap(words.split(": ", 1)[-1], width)]

    def _stability(self) -> list[str]:
        """Return the meter of the learning rate against its limit, and the limit's rule."""
        if self._limit is None:
            return []
        if self._limit.lr is None:
            return self._wrapped(self._limit.rule)
        share = numeric(self._settings["training.lr"]) / self._limit.lr
        full = min(8, round(8 * share))
        meter = "▰" * full + "▱" * (8 - full)
        times = f"{share:,.0f}x" if share < 1e6 else f"{number(share, 3)}x"
        part = f"{share:.0%}" if share < 10 else times
        stable = f"  {meter} {part} of {number(self._limit.lr, 3)}"
        whole = f"{stable} · {self._limit.rule}"
        fits = len(whole) <= self.size.width
        return [whole] if fits else [stable, *self._wrapped(self._limit.rule)]

    def row(self, index: int) -> Content:
        """Return a setting's line, the one under the cursor in reverse while focused."""
        row = self._lines[index]
        if row.field is None:
            return Content.styled(self._glyphs(row.words), row.style)
        field = row.field
        words = self._value(field)
        marker = " ↻ " if field.anew else " "
        room = self.scrollable_content_region.width - LABEL - len(marker) - CONTROLS + 1
        buttons = "‹ ›" if field.choices else "− +"
        current = field.name == self._field and self.has_focus
        return Content.assemble(
            (self._glyphs(f"{field.label:<{LABEL}}"), "$foreground 70%"),
            (
                self._glyphs(f"{words[:room]:<{room}}"),
                "bold" if not current else "bold $text-primary",
            ),
            (self._glyphs(marker), "$foreground 60%"),
            (self._glyphs(buttons), "bold $text-accent" if current else "$foreground 50%"),
        ).stylize("on $primary 25%" if current else "")

    def _value(self, field: Field) -> str:
        """Return a setting's value; with the figure in use where it is left to the data."""
        value = self._settings[field.name]
        if field.name == "more_data.noise" and value is None and self._more_noise is not None:
            return f"{field.words(value)} ({number(self._more_noise, 3)})"
        return field.words(value)

    @property
    def _row_fields(self) -> list[Field]:
        return [row.field for row in self._lines if row.field]

    def action_cursor(self, direction: int) -> None:
        """Move the cursor to the next setting."""
        names = [field.name for field in self._row_fields]
        place = names.index(self._field) if self._field in names else 0
        self._move_to(names[max(0, min(len(names) - 1, place + direction))])

    def _move_to(self, name: str) -> None:
        self._field = name
        index = next(i for i, row in enumerate(self._lines) if row.field and row.field.name == name)
        # The first row and the last bring the words around them along.
        self.bring_to_view(index)
        self.refresh()

    def action_turn(self, direction: int) -> None:
        """Ask for the next value of the setting under the cursor."""
        self.want_step(self._field, direction)

    def action_edit(self) -> None:
        """Type a number, or turn to the next choice."""
        field = FIELD[self._field]
        if field.choices:
            self.want_step(field.name, 1)
            return
        index = next(i for i, row in enumerate(self._lines) if row.field is field)
        self.bring_to_view(index)
        left, top, width, _ = self.content_region
        place = Region(
            left + LABEL, top + index - round(self.scroll_y), width - LABEL - CONTROLS, 1
        )
        from tempfit_tui.ui.panes.editor import Editor  # noqa: PLC0415 - not for the first frame

        value = field.words(self._settings[field.name])
        self._editor = Editor(value, place, self, self._typed)
        self.screen.mount(self._editor)
        self._editor.focus()

    def _typed(self, written: str) -> None:
        """Ask for the value written for the setting under the cursor."""
        field = FIELD[self._field]
        value = field.parsed(written)
        if value == self._settings[field.name]:
            self.refuse(field, "")
        else:
            self.post_message(self.Wanted(field, value))

    def on_click(self, event: events.Click) -> None:
        """Step by the buttons, edit by the value."""
        index = self.row_at(event.y - self.gutter.top)
        field = self._lines[index].field if index is not None else None
        if field is None or event.widget is not self:
            return
        self._move_to(field.name)
        x = event.x - self.gutter.left
        width = self.scrollable_content_region.width
        if x >= width - 2:
            self.want_step(field.name, 1)
        elif x >= width - 4:
            self.want_step(field.name, -1)
        elif x >= LABEL:
            self.action_edit()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()
