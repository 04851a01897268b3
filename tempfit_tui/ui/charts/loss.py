"""The loss chart: both losses over epochs, named at their ends, and what happened on the way."""

from textual.geometry import Size
from textual.strip import Strip

from .bounds import Scale
from .chart import Chart, Look
from .loss_painting import paint_loss
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
