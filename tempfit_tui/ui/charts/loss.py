"""The loss chart: both losses over epochs, named at their ends, and what happened on the way."""

from textual.geometry import Size
from textual.strip import Strip

from .bounds import Scale
from .chart import Chart, Look
from .loss_painting import area_of, paint_loss
from .loss_picture import LossPicture
from .loss_scale import loss_scale

__all__ = ["LossChart", "LossPicture"]


class LossChart(Chart):
    """Draws a LossPicture; its y axis moves no more often than it must."""

    class ColumnsChanged(Chart.ColumnsChanged):
        """The number of columns that a loss curve is best decimated to has changed."""

    _picture: LossPicture | None = None
    _scale: Scale | None = None

    def draw_losses(self, picture: LossPicture) -> None:
        """Show `picture`, at once if the chart can be seen, else when it next can."""
        self._picture = picture
        self.redraw()

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the lines of the picture; an empty grid before there is one."""
        picture = self._picture
        if picture is None:
            return look.cells(size).strips(), self.columns
        self._scale = None if picture.is_empty else loss_scale(picture, self._scale)
        return paint_loss(picture, self._scale or Scale(0, 1), size, look)

    def epoch_at(self, column: int) -> int | None:
        """Return the epoch under that column of cells, the nearest there is; None for none."""
        if (picture := self._picture) is None or self._scale is None:
            return None
        area = area_of(picture, self._scale, self.size, self.look)
        share = (column - area.left) / max(1, area.columns - 1)
        epoch = round(area.x.low + share * (area.x.high - area.x.low))
        return max(picture.first_epoch, min(epoch, picture.last_epoch))

    @property
    def epochs_a_column(self) -> int:
        """How many epochs a column of cells stands for, at least 1."""
        if self._picture is None or self._scale is None:
            return 1
        area = area_of(self._picture, self._scale, self.size, self.look)
        return max(1, round((area.x.high - area.x.low) / area.columns))
