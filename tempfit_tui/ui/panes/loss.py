"""The loss pane: the loss chart, and how it is asked to show the losses."""

from msgspec.structs import replace
from textual import events
from textual.binding import Binding
from textual.message import Message

from tempfit_tui.frame import View
from tempfit_tui.insight import Forecast, Readings
from tempfit_tui.ui.charts.loss import LossChart, LossPicture
from tempfit_tui.ui.charts.loss_picture import NO_CURVE, Foreseen, Looked
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.trainer import Seen

WINDOWS = (None, 1000, 100)
"""The last so many epochs; None for all."""
BEST_AGE = 0.05
"""The best epoch is marked once it is this share of the run ago: till then the end marks it."""


class LossPane(LossChart):
    """Both losses on a log or linear axis, in a window, smooth or not."""

    BORDER_TITLE = "3 Loss"
    BINDINGS = [
        Binding("left", "point(-1)", "read off the losses a column earlier", show=False),
        Binding("right", "point(1)", "a column later", show=False),
        Binding("shift+left", "point_one(-1)", "an epoch earlier", show=False),
        Binding("shift+right", "point_one(1)", "an epoch later", show=False),
        Binding("escape", "point_away", "read off nothing", show=False),
    ]

    class ViewWanted(Message):
        """The losses shall be asked for in another way."""

        def __init__(self, **changes: object) -> None:
            super().__init__()
            self.changes = changes

    class Looked(Message):
        """An epoch was clicked on, or dragged to."""

        def __init__(self, epoch: int) -> None:
            super().__init__()
            self.epoch = epoch

    class Pointed(Message):
        """The losses of an epoch shall be read off; of none where it is None."""

        def __init__(self, epoch: int | None) -> None:
            super().__init__()
            self.epoch = epoch

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(ascii_only=glyphs.ascii_only, id="loss")
        self._cursor: int | None = None
        """The epoch that is read off, or about to be."""
        self._glyphs = glyphs
        self._log = True
        self._view = View()
        self._seen: Seen | None = None

    def on_mount(self) -> None:
        """Show the axes at once."""
        self._draw()

    def show(self, seen: Seen, view: View) -> None:
        """Show the losses seen, as `view` asked for them."""
        self._seen, self._view = seen, view
        self._draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Look back on the epoch under the mouse, and follow it until it is let go."""
        if event.button == 1:
            self.capture_mouse()
            self._point_at(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Read off what is under the mouse; look back on it while its button is down."""
        if self.app.mouse_captured is self:
            self._point_at(event)
        else:
            self._point(self.epoch_at(event.x - self.gutter.left))

    def on_leave(self, _: events.Leave) -> None:
        """Read off nothing once the mouse is elsewhere."""
        self._point(None)

    def action_point(self, columns: int) -> None:
        """Read off the losses so many columns later, at first at the end."""
        self.action_point_one(columns * self.epochs_a_column)

    def action_point_one(self, epochs: int) -> None:
        """Read off the losses so many epochs later."""
        if self._seen and (last := self._seen.frame.run_epoch):
            at = last if self._cursor is None else self._cursor + epochs
            self._point(max(1, min(last, at)))

    def action_point_away(self) -> None:
        """Read off nothing any more."""
        self._point(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Esc to the screen where nothing is read off."""
        if action == "point_away":
            return self._cursor is not None
        return super().check_action(action, parameters)

    def _point(self, epoch: int | None) -> None:
        if epoch != self._cursor:
            self._cursor = epoch
            self.post_message(self.Pointed(epoch))

    def on_mouse_up(self, _: events.MouseUp) -> None:
        """Follow it no longer."""
        self.release_mouse()

    def _point_at(self, event: events.MouseEvent) -> None:
        # An event's place is within the border, which the chart is drawn inside of.
        epoch = self.epoch_at(event.x - self.gutter.left)
        if epoch is not None:
            self.post_message(self.Looked(epoch))

    def toggle_log(self) -> None:
        """Show the losses on the other axis."""
        self._log = not self._log
        self._draw()

    def toggle_smooth(self) -> None:
        """Ask for running means, or for the losses themselves."""
        self._want(smooth=not self._view.smooth)

    def next_window(self) -> None:
        """Ask for the next window."""
        place = WINDOWS.index(self._view.window)
        self._want(window=WINDOWS[(place + 1) % len(WINDOWS)])

    def _want(self, **changes: object) -> None:
        self._view = replace(self._view, **changes)  # for a key that comes before the answer
        self.post_message(self.ViewWanted(**changes))

    def _draw(self) -> None:
        view = self._view
        axis = "log axis" if self._log else "linear axis"
        window = "all epochs" if view.window is None else f"last {view.window:,}"
        smooth = " · smoothed" if view.smooth else ""
        subtitle = self._glyphs(f"{axis} · {window}{smooth}")
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle
        self.draw_losses(_picture(self._seen, view, self._log))


def _picture(seen: Seen | None, view: View, log: bool) -> LossPicture:
    if seen is None:
        return LossPicture(NO_CURVE, NO_CURVE, [], None, None, log, 1, 1)
    frame = seen.frame
    last, ghost_epoch = max(1, frame.run_epoch), frame.ghost.last_epoch if frame.ghost else 0
    foreseen = _foreseen(frame.forecast, view)
    foreseen_to = foreseen.epochs[-1] if foreseen else 0
    best = None
    if frame.best_epoch and frame.best_loss and last - frame.best_epoch > BEST_AGE * last:
        best = (frame.best_epoch, frame.best_loss)
    return LossPicture(
        train=frame.train,
        val=frame.val,
        changes=frame.changes,
        best=best,
        floor=seen.setup.floor,
        log=log,
        first_epoch=max(1, last - view.window + 1) if view.window else 1,
        last_epoch=last,
        ghost=frame.ghost.val if frame.ghost else NO_CURVE,
        ghost_epoch=ghost_epoch,
        ghost_label=frame.ghost.label if frame.ghost else "",
        cursor=_cursor(frame.readings),
        looked_at=Looked(frame.epoch, frame.train_loss, frame.val_loss) if frame.is_past else None,
        foreseen=foreseen,
        computed=[(leap.epoch + 1, leap.until) for leap in frame.leaps],
        axis_end=0 if view.window else _roomy(max(last, ghost_epoch, foreseen_to)),
    )


def _foreseen(forecast: Forecast | None, view: View) -> Foreseen | None:
    """Return what lies ahead; nothing in a window on the last epochs."""
    if forecast is None or view.window or len(forecast.epochs) < 2:
        return None
    return Foreseen(forecast.epochs, forecast.train, forecast.val, forecast.settles_at)


def _cursor(readings: Readings) -> Looked | None:
    if readings.at.epoch is None:
        return None
    return Looked(readings.at.epoch, readings.train_loss, readings.val_loss)


def _roomy(epoch: int) -> int:
    """Return a round number from `epoch` on: the axis stands still until the run has reached it."""
    power = 10 ** max(1, len(str(epoch)) - 1)
    steps = (100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000)
    return min(end for step in steps if (end := int(power * step // 100)) >= epoch)
