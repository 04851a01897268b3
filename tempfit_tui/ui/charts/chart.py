"""The widget under every chart: it keeps its lines and sends only those that changed.

A subclass says how to paint; when to paint, and what of it goes to the terminal, is decided here.
Most frames of a training run change a few lines, and over SSH only those are worth sending.
"""

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..palette import ASCII, DARK, LIGHT, SHAPES, Markers, Palette
from .cells import Cells


class Look:
    """How a chart has to look where it is shown: read anew for each painting."""

    def __init__(self, palette: Palette, *, ascii_only: bool = False, mono: bool = False) -> None:
        self.palette = palette
        self.ascii_only = ascii_only
        self.mono = mono
        """Whether colours can't be told apart, as with NO_COLOR."""

    @property
    def shapes(self) -> Markers:
        """The markers of training and validation."""
        return ASCII if self.ascii_only else SHAPES

    def cells(self, size: Size) -> Cells:
        """Return an empty grid of that size."""
        return Cells(size.width, size.height, ascii_only=self.ascii_only)


class Chart(Widget, can_focus=True):
    """A widget of lines that a subclass paints; it can have the focus but doesn't show it."""

    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
    }
    """

    class ColumnsChanged(Message):
        """The number of points side by side that a curve can show has changed."""

        def __init__(self, chart: "Chart", columns: int) -> None:
            super().__init__()
            self.chart = chart
            self.columns = columns

        @property
        def control(self) -> "Chart":
            """The chart that sent it."""
            return self.chart

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.ascii_only = ascii_only
        """Whether the chart must do without characters beyond ASCII."""
        self._strips: list[Strip] = []
        self._columns = self._told_columns = 0

    @property
    def columns(self) -> int:
        """How many points side by side a curve can show; 0 before the first drawing."""
        return self._columns

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the chart's lines, as many strips as `size` has rows, and its columns."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Paint what is to be shown, and refresh the lines that differ; nothing while hidden."""
        size = self.size
        if not (size and self.is_attached and self.is_on_screen):
            return
        before = self._strips
        self._paint()
        if not self._fits(before):
            self.refresh()
        elif changed := [
            Region(0, y, size.width, 1)
            for y, (old, new) in enumerate(zip(before, self._strips, strict=True))
            if old != new
        ]:
            self.refresh(*changed)
        self._tell_columns()

    def _tell_columns(self) -> None:
        if self._columns != self._told_columns:
            self._told_columns = self._columns
            self.post_message(self.ColumnsChanged(self, self._columns))

    def _paint(self) -> None:
        self._strips, self._columns = self.paint(self.size, self.look)

    @property
    def look(self) -> Look:
        """How it has to look now."""
        palette = DARK if self.app.current_theme.dark else LIGHT
        return Look(palette, ascii_only=self.ascii_only, mono=self.app.no_color)

    def _fits(self, strips: list[Strip]) -> bool:
        """Tell whether `strips` were painted for the widget's size."""
        width, height = self.size
        return len(strips) == height and all(strip.cell_length == width for strip in strips[:1])

    def render_line(self, y: int) -> Strip:
        """Return one line in the widget's own colours, its background above all."""
        if not self._fits(self._strips):
            self._paint()  # the first frame comes before the news of the size
        style, width = self.rich_style, self.size.width
        return self._strips[y].crop_extend(0, width, style).apply_style(style)

    def on_mount(self) -> None:
        """Follow the app's theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.redraw())

    def on_unmount(self) -> None:
        """Follow it no longer: the app would hold on to the chart, and to the panes around it."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self, _: events.Resize) -> None:
        """Paint for the new size, unless it has been done."""
        if self._fits(self._strips):
            self._tell_columns()
        else:
            self.redraw()

    def on_show(self, _: events.Show) -> None:
        """Paint what came while hidden."""
        self.redraw()
