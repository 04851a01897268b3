"""A scrollable list of one-line rows, of which only those on the screen are ever made."""

from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Lines(ScrollView, can_focus=True):
    """Rows of text under a header that stays; a subclass says what each row holds.

    Text is given as Content, never as markup: what a file holds can't be read as any.
    """

    DEFAULT_CSS = """
    Lines {
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        background: $background;
    }
    """

    def header(self) -> Content | None:
        """Return what stays above the rows; None for nothing."""
        return None

    def row(self, index: int) -> Content:
        """Return row `index`, to be cut at the pane's width."""
        raise NotImplementedError

    def set_rows(self, count: int) -> None:
        """Say how many rows there are, and draw them."""
        self._rows = count
        # As wide as what there is: nothing scrolls sideways.
        self.virtual_size = Size(0, count + self._above)
        self.refresh()

    _rows = 0

    @property
    def _above(self) -> int:
        return 0 if self.header() is None else 1

    def row_at(self, y: int) -> int | None:
        """Return the row shown `y` lines below the top; None where there is none."""
        index = y - self._above + round(self.scroll_y)
        return index if y >= self._above and 0 <= index < self._rows else None

    def bring_to_view(self, index: int) -> None:
        """Scroll so that row `index` is on the screen."""
        top, height = round(self.scroll_y), self.size.height - self._above
        if index < top:
            self.scroll_to(y=index, animate=False, immediate=True)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Return the line `y` below the top."""
        width = self.scrollable_content_region.width
        index = self.row_at(y)
        header = self.header()
        if y == 0 and header is not None:
            content = header
        elif index is not None:
            content = self.row(index)
        else:
            return Strip.blank(width, self.rich_style)
        # To wrap it, as a Visual does, would take three times as long, for a single line.
        style = self.visual_style
        pieces = [piece for piece in content.render_segments(style) if piece.text]
        return Strip(pieces).crop_extend(0, width, style.rich_style)
