"""The landscape tab: the loss over two directions of the parameters, and the way on it."""

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tempfit_tui.frame import Frame
from tempfit_tui.insight import Landscape
from tempfit_tui.recipe import Recipe
from tempfit_tui.text import number, setting
from tempfit_tui.ui.charts.landscape import LandscapeChart, LandscapePicture
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.trainer import Seen

ROOMY = 70
"""With fewer columns the chart has all of them."""
STRONG, QUIET = "$text-primary", "$foreground 60%"
BOWL, VALLEY = 10, 1000
"""Below such a condition number it is called so; above, a ravine."""


class LandscapeTab(Horizontal):
    """The chart, and beside it where the epoch is, where downhill is, and how steep it is."""

    BINDINGS = [
        Binding("left", "move(-1, 0)", "read off the loss a cell to the left", show=False),
        Binding("right", "move(1, 0)", "a cell to the right", show=False),
        Binding("up", "move(0, 1)", "a cell above", show=False),
        Binding("down", "move(0, -1)", "a cell below", show=False),
        Binding("escape", "point_away", "read off nothing", show=False),
    ]

    class Pointed(Message):
        """The loss at a place shall be read off; nowhere where it is None."""

        def __init__(self, spot: tuple[float, float] | None) -> None:
            super().__init__()
            self.spot = spot

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="landscape")
        self._glyphs = glyphs
        self.chart = LandscapeChart(ascii_only=glyphs.ascii_only, id="landscape-chart")
        self._beside = Static(id="beside")
        self._spot: tuple[float, float] | None = None
        """The place that is read off, or about to be."""
        self._landscape: Landscape | None = None
        self._told: Content | None = None

    def compose(self) -> ComposeResult:
        """Lay out the chart and the words."""
        yield self.chart
        yield self._beside

    def on_mount(self) -> None:
        """Say that there is nothing yet."""
        self.chart.draw_landscape(LandscapePicture())

    def on_resize(self, event: events.Resize) -> None:
        """Leave the words out where there is little room."""
        self._beside.display = event.size.width >= ROOMY

    def show(self, _: Recipe, seen: Seen) -> None:
        """Show the loss around the epoch seen."""
        frame = seen.frame
        if frame.landscape is None:
            return
        self._landscape = frame.landscape
        read = frame.readings
        self.chart.draw_landscape(
            LandscapePicture(frame.landscape, cursor=read.at.spot, loss=read.loss)
        )
        told = Content("\n").join(
            Content.assemble((self._glyphs(words), style))
            for words, style in landscape_lines(seen, frame.landscape)
        )
        if told != self._told:
            self._told = told
            self._beside.update(told)

    def action_move(self, across: int, up: int) -> None:
        """Read off the loss so many cells further, at first where the epoch is."""
        if self._landscape is None:
            return
        wide, high = self.chart.spot_a_cell
        x, y = self._landscape.at
        if self._spot is not None:
            x, y = self._spot[0] + across * wide, self._spot[1] + up * high
        surface = self._landscape.surface
        x = max(surface.x_low, min(surface.x_high, x))
        self._point((x, max(surface.y_low, min(surface.y_high, y))))

    def action_point_away(self) -> None:
        """Read off nothing any more."""
        self._point(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Esc to the screen where nothing is read off."""
        if action == "point_away":
            return self._spot is not None
        return super().check_action(action, parameters)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Read off the loss under the mouse."""
        if event.widget is self.chart:
            self._point(self.chart.spot_at(event.x, event.y))

    def on_leave(self, event: events.Leave) -> None:
        """Read off nothing once the mouse has left the chart."""
        if event.node is self.chart:
            self._point(None)

    def _point(self, spot: tuple[float, float] | None) -> None:
        if spot != self._spot:
            self._spot = spot
            self.post_message(self.Pointed(spot))


def landscape_lines(seen: Seen, landscape: Landscape) -> list[tuple[str, str]]:
    """Return what stands beside the chart: words and their style, a line each."""
    frame, surface = seen.frame, landscape.surface
    lines = [(f"epoch {frame.epoch:,}", STRONG)]
    if seen.setup.parameters > 2:
        lines += _of_a_slice(seen, landscape)
    else:
        lines += [
            (_place(surface.x_name, surface.y_name, landscape.at), ""),
            ("downhill", STRONG),
            (_place(surface.x_name, surface.y_name, landscape.downhill), ""),
        ]
        if surface.minimum and surface.minimum_loss is not None:
            lines.append((f"minimum {number(surface.minimum_loss)}", STRONG))
            lines.append((_place(surface.x_name, surface.y_name, surface.minimum), ""))
    if (condition := seen.setup.condition_number) is not None:
        shape = "a round bowl" if condition < BOWL else "a long valley"
        shape = shape if condition < VALLEY else "a ravine"
        lines += [
            (f"{shape}: condition", STRONG),
            (f"number {number(condition)}, which", QUIET),
            ("is steepest over flattest", QUIET),
        ]
    lines.append((_stability(frame), ""))
    return lines


def _place(x_name: str, y_name: str, place: tuple[float, float] | None) -> str:
    if place is None:
        return "nowhere: it is flat here"
    return f"{x_name} {number(place[0])}  {y_name} {number(place[1])}"


def _of_a_slice(seen: Seen, landscape: Landscape) -> list[tuple[str, str]]:
    many = f"of {seen.setup.parameters:,} parameters"
    explained = landscape.surface.explained
    if explained is None:
        return [("a slice", ""), (many, ""), ("downhill, and at random:", QUIET),
                ("there is no way yet", QUIET)]  # fmt: skip
    return [
        ("a slice", ""),
        (many, ""),
        (f"2 directions explain {100 * explained:.0f} %", QUIET),
        ("of the way's variance", QUIET),
    ]


def _stability(frame: Frame) -> str:
    lr, limit = setting(frame.settings["training.lr"]), frame.limit.lr
    return f"lr {lr}" + (f", limit {number(limit, 3)}" if limit is not None else "")
