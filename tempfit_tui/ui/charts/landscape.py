"""The landscape chart: the loss over two directions of the parameters, and the way through it."""

from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tempfit_tui.insight import Surface

from .chart import Chart, Look
from .contour_layer import Layer, layer_of
from .landscape_painting import paint_landscape
from .landscape_picture import LandscapePicture, Place, area_of, plot_cells, spot_of

__all__ = ["LandscapeChart", "LandscapePicture"]


class LandscapeChart(Chart):
    """Draws a LandscapePicture, or its words until there is a landscape."""

    class SizeChanged(Message):
        """The size of the area that a surface is best asked for has changed."""

        def __init__(self, chart: "LandscapeChart", columns: int, rows: int) -> None:
            super().__init__()
            self.chart = chart
            self.columns = columns
            self.rows = rows
            """In cells."""

        @property
        def control(self) -> "LandscapeChart":
            """The chart that sent it."""
            return self.chart

    _picture = LandscapePicture()
    _layer: tuple[tuple[Surface, Size, bool, bool], Layer] | None = None
    """For a surface, a size, and ASCII and mono mode, its contour lines: they change with these."""
    _told = (0, 0)

    def draw_landscape(self, picture: LandscapePicture) -> None:
        """Show `picture`, at once if the chart can be seen, else when it next can."""
        self._picture = picture
        self.redraw()

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the lines of the picture, and about how many columns its area has."""
        landscape = self._picture.landscape
        layer = self._contours(landscape.surface, size, look) if landscape else None
        return paint_landscape(self._picture, layer, size, look), plot_cells(size)[0]

    def _contours(self, surface: Surface, size: Size, look: Look) -> Layer:
        key = (surface, size, look.ascii_only, look.mono)
        # By the whole surface: numbers begin anew with an engine that had to be started again.
        if self._layer is None or self._layer[0] != key:
            dotted = look.mono and not look.ascii_only
            self._layer = key, layer_of(surface, area_of(surface, size, look), dotted=dotted)
        return self._layer[1]

    @property
    def cells(self) -> tuple[int, int]:
        """About how many columns and rows of cells the area has; (0, 0) before it has a size."""
        return plot_cells(self.size) if self.size else (0, 0)

    def _tell_columns(self) -> None:
        """Tell about the whole size instead."""
        if self.cells != self._told:
            self._told = self.cells
            self.post_message(self.SizeChanged(self, *self.cells))

    def spot_at(self, column: int, row: int) -> Place | None:
        """Return the place under a cell of the widget, the nearest there is; None for none."""
        if self._picture.landscape is None:
            return None
        area = area_of(self._picture.landscape.surface, self.size, self.look)
        return spot_of(area, column, row)

    @property
    def spot_a_cell(self) -> Place:
        """How far a cell reaches, across and up, as the axes count."""
        if self._picture.landscape is None:
            return 0.0, 0.0
        area = area_of(self._picture.landscape.surface, self.size, self.look)
        return area.x.span / area.columns, area.y.span / area.rows
