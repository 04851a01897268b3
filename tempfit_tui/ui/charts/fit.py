"""The fit chart: the observations, and the curve fitted to them."""

from textual.geometry import Size
from textual.strip import Strip

from .chart import Chart, Look
from .fit_painting import Spots, area_of, paint_fit, spots
from .fit_picture import FitPicture, Observations, observations

__all__ = ["FitChart", "FitPicture"]


class FitChart(Chart):
    """Draws a FitPicture, the observations over the curve."""

    class ColumnsChanged(Chart.ColumnsChanged):
        """The number of points that the fitted curve is best asked for has changed."""

    _picture: FitPicture | None = None
    _observations: Observations | None = None
    _spots: tuple[tuple[Size, bool], Spots] | None = None
    """For a size and ASCII mode, the cells with observations: the same until either changes."""

    def draw_fit(self, picture: FitPicture) -> None:
        """Show `picture`, at once if the chart can be seen, else when it next can."""
        if self._picture is None or not _same_observations(self._picture, picture):
            self._observations = self._spots = None
        self._picture = picture
        self.redraw()

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the lines of the picture; an empty grid before there is one."""
        if self._picture is None:
            return look.cells(size).strips(), self.columns
        seen = self._seen(self._picture)
        key = (size, look.ascii_only)
        if self._spots is None or self._spots[0] != key:
            self._spots = key, spots(seen, size, look)
        return paint_fit(self._picture, seen, self._spots[1], size, look)

    def _seen(self, picture: FitPicture) -> Observations:
        if self._observations is None:
            self._observations = observations(picture)
        return self._observations

    def x_at(self, column: int) -> float | None:
        """Return the input under that column of cells, the nearest there is; None for none."""
        if self._picture is None:
            return None
        area = area_of(self._seen(self._picture), self.size, self.look)
        share = max(0.0, min(1.0, (column - area.left) / max(1, area.columns - 1)))
        return area.x.low + share * (area.x.high - area.x.low)

    @property
    def x_a_column(self) -> float:
        """How much of the input a column of cells stands for."""
        if self._picture is None:
            return 0.0
        area = area_of(self._seen(self._picture), self.size, self.look)
        return (area.x.high - area.x.low) / area.columns


def _same_observations(one: FitPicture, other: FitPicture) -> bool:
    """Return whether the observations are the very same objects: cheap at a million rows."""
    return (
        one.x is other.x
        and one.y is other.y
        and (one.validation is other.validation or one.validation == other.validation)
        and one.unknown_split == other.unknown_split
        and one.span == other.span
        and bool(one.y)
    )
