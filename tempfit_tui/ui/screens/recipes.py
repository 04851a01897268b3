"""The bundled recipes, to pick one: a list, and what the highlighted one is about."""

from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tempfit_tui.catalogue import Opened, bundled_recipes, open_named
from tempfit_tui.recipe import Recipe
from tempfit_tui.text import InputError, brief, setting
from tempfit_tui.ui.charts.fit import FitChart, FitPicture
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.screens.dialog import Dialog

WIDE = 110
"""From so many columns on the list has titles, beside a preview that still has room."""
NARROW = 70
"""With fewer the list stands above the preview."""
TALL = 30
"""From so many lines on there is room for a chart."""
MOST_LINES = 20
"""Of a commentary."""


class RecipesScreen(ModalScreen[str | None], Dialog[str | None]):
    """Gives back the name of the recipe picked, or None."""

    BINDINGS = [
        Binding("escape,q,o", "dismiss(None)", "back", show=False),
        Binding("j", "move('down')", "next", show=False),
        Binding("k", "move('up')", "previous", show=False),
    ]

    DEFAULT_CSS = """
    RecipesScreen { align: center middle; background: $background 60%; }
    RecipesScreen > #recipes {
        width: 96%; max-width: 126; height: 96%; max-height: 38;
        border: round $primary; background: $surface; padding: 0 1;
    }
    RecipesScreen.-ascii > #recipes { border: ascii $primary; }
    RecipesScreen OptionList {
        width: auto; height: auto; max-height: 100%; border: none; background: $surface;
        scrollbar-size-vertical: 1;
    }
    RecipesScreen #preview { width: 1fr; padding: 0 0 0 2; }
    RecipesScreen #about { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    RecipesScreen FitChart { height: 1fr; margin: 1 0 0 0; background: $surface; }
    RecipesScreen.-low FitChart, RecipesScreen.-trouble FitChart { display: none; }
    RecipesScreen.-narrow #side-by-side { layout: vertical; }
    RecipesScreen.-narrow OptionList { width: 1fr; height: 3; }
    RecipesScreen.-narrow #preview { padding: 1 0 0 0; }
    """

    def __init__(self, current_name: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._current, self._glyphs = current_name, glyphs
        self._recipes = {name: _opened(name) for name in bundled_recipes()}
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the list and the preview."""
        with Vertical(id="recipes") as dialog:
            dialog.border_title = "Recipes"
            dialog.border_subtitle = self._glyphs("Enter: open it · Esc: back")
            with Horizontal(id="side-by-side"):
                names = OptionList(compact=True)
                self._glyphs.fit_scrollbar(names)
                yield names
                with Vertical(id="preview"):
                    with VerticalScroll(id="about", can_focus=False) as about:
                        self._glyphs.fit_scrollbar(about)
                        yield Static()
                    chart = FitChart(ascii_only=self._glyphs.ascii_only)
                    chart.can_focus = False
                    yield chart

    def on_resize(self) -> None:
        """Choose the layout that fits."""
        width, height = self.size
        titled = width >= WIDE or width < NARROW
        relaid = titled != self.has_class("-titled") or not self.query_one(OptionList).option_count
        self.set_class(titled, "-titled")
        self.set_class(width < NARROW, "-narrow")
        self.set_class(height < TALL or width < NARROW, "-low")
        if relaid:
            self._list()
        if (shown := self.query_one(OptionList).highlighted_option) and shown.id:
            self._show(shown.id)

    def _list(self) -> None:
        """List the recipes, and keep the place, which at first is the current one's."""
        names, known = self.query_one(OptionList), list(self._recipes)
        place = names.highlighted
        if place is None:
            place = known.index(self._current) if self._current in known else 0
        names.set_options(map(self._option, known))
        names.highlighted = place

    def _option(self, name: str) -> Option:
        mark = "●" if name == self._current else " "
        parts = [(self._glyphs(f"{mark} "), "bold"), (name, "bold")]
        if self.has_class("-titled"):
            opened = self._recipes[name]
            title = "can't be read" if isinstance(opened, str) else brief(opened.recipe.title)
            room = max(map(len, self._recipes)) + 2 - len(name)
            parts.append((" " * room + self._glyphs(title), ""))
        parts.append((" ", ""))
        return Option(Content.assemble(*parts), id=name)

    def action_move(self, direction: str) -> None:
        """Go down or up in the list."""
        names = self.query_one(OptionList)
        (names.action_cursor_down if direction == "down" else names.action_cursor_up)()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show what the recipe is about."""
        if event.option.id is not None:
            self._show(event.option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give back the recipe picked."""
        self.dismiss(event.option.id)

    def _show(self, name: str) -> None:
        opened = self._recipes[name]
        self.set_class(isinstance(opened, str), "-trouble")
        about = self.query_one("#about Static", Static)
        if isinstance(opened, str):
            about.update(Content.styled(self._glyphs(opened), "$text-error"))
            return
        about.update(self._about(opened))
        self.query_one(FitChart).draw_fit(picture_of(opened))

    def _about(self, opened: Opened) -> Content:
        recipe, known = opened.recipe, facts(opened)
        if self.has_class("-narrow"):
            lines = " · ".join(f"{fact.label} {fact.words}" for fact in known)
            listed = Content(self._glyphs(lines))
        else:
            wide = max(len(fact.label) for fact in known) + 2
            listed = Content("\n").join(
                Content.assemble((fact.label.ljust(wide), "dim"), self._glyphs(fact.words))
                for fact in known
            )
        gap = "\n" if self.has_class("-narrow") else "\n\n"
        return Content.assemble(
            (self._glyphs(brief(recipe.title)), "bold $text-primary"), gap,
            self._glyphs(_lines(recipe.commentary)), gap,
            ("Watch: ", "bold $text-accent"), self._glyphs(brief(recipe.watch)), gap,
            listed,
        )  # fmt: skip


def _lines(text: str) -> str:
    """Return the first lines of `text`, each of bounded length."""
    return "\n".join(map(brief, text.splitlines()[:MOST_LINES]))


def _opened(name: str) -> Opened | str:
    """Return a bundled recipe with its table, or why there is none."""
    try:
        return open_named(name)
    except InputError as error:
        return str(error)


class Fact(NamedTuple):
    """Something a recipe sets, as the preview tells it."""

    label: str
    words: str


def facts(opened: Opened) -> list[Fact]:
    """Return what matters of a recipe, besides its words."""
    recipe = opened.recipe
    end = recipe.training.epochs
    known = [
        Fact("data", f"{opened.table.source}, {len(opened.table):,} rows"),
        Fact("split", _split(recipe, len(opened.table))),
        Fact("model", f"{recipe.model.words}, {_input(recipe)}"),
        Fact("optimizer", _optimizer(recipe)),
        Fact("remedies", ", ".join(_remedies(recipe))),
        Fact("changes", ", ".join(f"at epoch {change.epoch:,}" for change in recipe.changes)),
        Fact("ends", f"at epoch {end:,}" if end else "when you pause"),
    ]
    return [fact for fact in known if fact.words]


def _split(recipe: Recipe, rows: int) -> str:
    validation = recipe.split.validation
    if validation is None:
        drawn = int(recipe.split.fraction * rows)
        return f"{rows - drawn:,} train, {drawn:,} drawn at random validate"
    if not validation:
        return f"all {rows:,} train"
    trained = f"{rows - len(validation):,} train"
    match validation:
        case [row]:
            return f"{trained}, row {row} validates"
        case [one, other]:
            return f"{trained}, rows {one} and {other} validate"
        case _:
            return f"{trained}, {len(validation):,} rows validate"


def _input(recipe: Recipe) -> str:
    match recipe.input.transform:
        case "scale":
            return f"input × {setting(recipe.input.scale)}"
        case "standardise":
            return "input standardised"
        case _:
            return "raw input"


def _optimizer(recipe: Recipe) -> str:
    training = recipe.training
    parts = [training.optimizer, f"lr {setting(training.lr)}"]
    if training.optimizer == "sgd" and training.momentum:
        parts.append(f"momentum {setting(training.momentum)}")
    if training.batch_size:
        parts.append(f"batches of {training.batch_size:,}")
    if training.gradient != "autograd":
        parts.append(f"{training.gradient} gradient")
    return ", ".join(parts)


def _remedies(recipe: Recipe) -> list[str]:
    """Return what is on against overfitting."""
    rows, patience = recipe.more_data.rows, recipe.training.patience
    on = {
        f"L2 {setting(recipe.penalty.l2)}": recipe.penalty.l2,
        f"L1 {setting(recipe.penalty.l1)}": recipe.penalty.l1,
        f"noise {setting(recipe.input_noise.sigma)}": recipe.input_noise.sigma,
        f"dropout {setting(recipe.model.dropout)}": recipe.model.dropout,
        f"{rows:,} more rows": rows,
        f"patience {patience:,}": patience,
    }
    return [words for words, strength in on.items() if strength]


def picture_of(opened: Opened) -> FitPicture:
    """Return the observations alone."""
    table, validation = opened.table, opened.recipe.split.validation
    return FitPicture(
        x=table.x,
        y=table.y,
        validation=frozenset(validation or ()),
        unknown_split=validation is None,
        span=table.span(),
        curve=[],
        x_name=table.x_name,
        y_name=table.y_name,
    )
