"""The main screen: it composes the panes, routes keys to the trainer and frames to the panes."""

from msgspec.structs import replace
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widgets import Static

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.protocol import Engine
from tempfit_tui.frame import Value
from tempfit_tui.settings import is_live, with_settings
from tempfit_tui.text import InputError, setting
from tempfit_tui.ui.charts.fit import FitChart
from tempfit_tui.ui.charts.loss import LossChart
from tempfit_tui.ui.fields import settings_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.keys import bindings
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.panes.bars import PANES, FooterBar, StatusBar, TabsBar, TitleBar, VerdictBar
from tempfit_tui.ui.panes.dataset import DatasetPane
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.panes.hyperparameters import HyperparametersPane
from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.remedies import Answer, calm_lr, ways_back
from tempfit_tui.ui.trainer import SPEEDS, Seen, Trainer
from tempfit_tui.ui.words import Situation, state_words

WIDE, TALL = 100, 28
"""With fewer columns or lines one pane is shown at a time."""
LEAST_WIDE, LEAST_TALL = 60, 20
"""With fewer there is no room for a pane."""


class MainScreen(Screen[None]):
    """Dataset, hyperparameters, losses and fit of one run, live."""

    BINDINGS = [
        *bindings(),
        Binding("tab", "next_pane(1)", "next pane", show=False),
        Binding("shift+tab", "next_pane(-1)", "pane before", show=False),
        Binding("ctrl+c", "leave", "quit", show=False),
    ]
    AUTO_FOCUS = "#loss"

    def __init__(self, opened: Opened, engine: Engine, options: Options) -> None:
        super().__init__(classes="-show-loss")
        self._options = options
        self._glyphs = Glyphs(options.ascii_only)
        self._table = opened.table
        self._settings = settings_of(opened.recipe)
        self._trouble = ""
        self._shown = "loss"
        self.trainer = Trainer(
            engine,
            opened.recipe,
            opened.table,
            speed=options.speed,
            fps=options.fps,
            on_seen=self._on_seen,
            on_trouble=self._on_trouble,
        )

    def compose(self) -> ComposeResult:
        """Lay out the bars and the panes."""
        glyphs = self._glyphs
        yield TitleBar(glyphs, id="title")
        yield TabsBar(glyphs, id="tabs")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield DatasetPane(self._table, glyphs)
                yield HyperparametersPane(self._settings, self.trainer.recipe.model.kind, glyphs)
            with Vertical(id="right"):
                yield LossPane(glyphs)
                yield FitPane(self._table, glyphs)
        yield StatusBar(glyphs, id="status")
        yield VerdictBar(glyphs, id="verdict")
        yield FooterBar(glyphs, id="footer")
        yield Static(f"tempfit needs {LEAST_WIDE} columns and {LEAST_TALL} lines", id="too-small")

    def on_mount(self) -> None:
        """Start the trainer; what needs no engine is shown already."""
        self.set_class(self._glyphs.ascii_only, "-ascii")
        if self._options.start:
            self.trainer.start()
        self._write_bars()
        # After the first frame: loading torch would take the processor from it.
        self.call_after_refresh(self.live)

    @work
    async def live(self) -> None:
        """Drive the engine for as long as the app lives."""
        await self.trainer.live()

    def on_resize(self) -> None:
        """Choose the layout that fits."""
        width, height = self.size
        self.set_class(width < WIDE or height < TALL, "-tabs")
        self.set_class(width < LEAST_WIDE or height < LEAST_TALL, "-too-small")

    # What comes from the trainer

    def _on_seen(self, seen: Seen) -> None:
        if not self.app.is_running:  # the panes are going
            return
        self._trouble = ""
        self._settings = settings_of(self.trainer.recipe, seen.frame.settings)
        self._write_bars()
        self.query_one(LossPane).show(seen, self.trainer.view)
        self.query_one(FitPane).show(self.trainer.recipe, seen)
        self.query_one(DatasetPane).show(seen.setup)
        self.query_one(HyperparametersPane).show(self._settings, seen.frame.limit)

    def _on_trouble(self, trouble: str) -> None:
        self._trouble = trouble
        if self.app.is_running:
            self._write_bars()

    def _write_bars(self) -> None:
        trainer = self.trainer
        now = Situation(trainer.seen, trainer.running.is_set(), trainer.death, self._trouble)
        self.query_one(TitleBar).show(
            trainer.recipe,
            str(self._settings["training.optimizer"]),
            state_words(now),
            trainer.speed,
        )
        lr = self._settings["training.lr"]
        self.query_one(StatusBar).show(trainer.seen, float(str(lr)), now.running)
        self.query_one(VerdictBar).show(now)
        self.query_one(FooterBar).show(now.running, self._shown)
        self.query_one(TabsBar).show(self._shown)

    # Training

    def action_pause(self) -> None:
        """Start training, or pause it."""
        if self.trainer.running.is_set():
            self.trainer.pause()
        else:
            self.trainer.start()
        self._write_bars()

    @work
    async def action_step(self) -> None:
        """Train one epoch."""
        await self.trainer.step()

    def action_faster_learning(self) -> None:
        """Raise the learning rate."""
        self.query_one(HyperparametersPane).want_step("training.lr", 1)

    def action_slower_learning(self) -> None:
        """Lower the learning rate."""
        self.query_one(HyperparametersPane).want_step("training.lr", -1)

    def action_speed_up(self) -> None:
        """Train more epochs a second."""
        self._turn_speed(1)

    def action_speed_down(self) -> None:
        """Train fewer epochs a second."""
        self._turn_speed(-1)

    def _turn_speed(self, direction: int) -> None:
        place = SPEEDS.index(self.trainer.speed) + direction
        self.trainer.set_speed(SPEEDS[max(0, min(len(SPEEDS) - 1, place))])
        self._write_bars()

    @work
    async def action_reset(self) -> None:
        """Go back to the first weights."""
        await self.trainer.rewind("start")

    @work
    async def action_new_split(self) -> None:
        """Draw other validation rows."""
        split = self.trainer.recipe.split
        seed = 0 if split.validation is not None else split.seed + 1
        fraction = split.fraction or 0.2
        await self._start_anew(
            f"Draw other validation rows (fraction {setting(fraction)}, seed {seed})?",
            {
                "split.validation": None,
                "split.train": None,
                "split.seed": seed,
                "split.fraction": fraction,
            },
        )

    # Settings

    @work
    async def on_hyperparameters_pane_wanted(self, event: HyperparametersPane.Wanted) -> None:
        """Bring a setting into force, and show beside it why that can't be."""
        field, value = event.field, event.value
        pane = self.query_one(HyperparametersPane)
        if is_live(field.name):
            pane.refuse(field, await self.trainer.change({field.name: value}))
            if self.trainer.seen:
                pane.show(self._settings_in_force(), self.trainer.seen.frame.limit)
        else:
            question = f"{field.label} {field.words(value)}?"
            pane.refuse(field, await self._start_anew(question, {field.name: value}))

    def _settings_in_force(self) -> dict[str, Value]:
        seen = self.trainer.seen
        self._settings = settings_of(self.trainer.recipe, seen.frame.settings if seen else None)
        return self._settings

    async def _start_anew(self, question: str, settings: dict[str, Value]) -> str:
        """Start anew with `settings`, asking first if a run would be lost; return why not."""
        trainer = self.trainer
        live = trainer.seen.frame.settings if trainer.seen else {}
        try:
            recipe = with_settings(trainer.recipe, {**live, **settings})
        except InputError as error:
            return str(error)
        epoch = trainer.seen.frame.epoch if trainer.seen else 0
        if epoch and not await self._agreed(f"{question} It starts anew from epoch 0."):
            return ""
        await trainer.start_anew(recipe)
        return self._trouble

    async def _agreed(self, question: str) -> bool:
        answers = [Answer("yes", "start anew"), Answer("no", "keep this run")]
        return await self._chosen(question, answers) == "yes"

    async def _chosen(self, question: str, answers: list[Answer]) -> str | None:
        if self.app.screen is not self:  # a second press: something is asked already
            return None
        from tempfit_tui.ui.screens.choice import ChoiceScreen  # noqa: PLC0415 - not for the first frame

        return await self.app.push_screen_wait(ChoiceScreen(question, answers, self._glyphs))

    # What can be done where there is trouble

    @work
    async def action_remedy(self) -> None:
        """Offer the ways out of a divergence, or start a dead engine again."""
        trainer = self.trainer
        if trainer.death:
            await trainer.revive()
        elif trainer.seen and trainer.seen.frame.stopped:
            answers = ways_back(trainer.seen)
            question = f"Diverged at epoch {trainer.seen.frame.stopped.epoch:,}: where to?"
            match await self._chosen(question, answers):
                case "before-change":
                    await trainer.rewind("before-change")
                case "start":
                    await trainer.rewind("start")
                case "calm":
                    lr = calm_lr(trainer.seen)
                    await trainer.rewind("start")
                    await trainer.change({"training.lr": lr})
                case _:
                    pass

    # What is seen

    def on_loss_chart_columns_changed(self, event: LossChart.ColumnsChanged) -> None:
        """Ask for as many columns as the chart has."""
        self._look(columns=event.columns)

    def on_fit_chart_columns_changed(self, event: FitChart.ColumnsChanged) -> None:
        """Ask for as many points as the chart has columns."""
        self._look(points=max(2, event.columns))

    def on_loss_pane_view_wanted(self, event: LossPane.ViewWanted) -> None:
        """Ask for the losses in another way."""
        self._look(**event.changes)

    @work
    async def _look(self, **changes: object) -> None:
        await self.trainer.look(replace(self.trainer.view, **changes))

    def action_log_axis(self) -> None:
        """Turn the loss axis between logarithmic and linear."""
        self.query_one(LossPane).toggle_log()

    def action_smooth(self) -> None:
        """Smooth the losses, or not."""
        self.query_one(LossPane).toggle_smooth()

    def action_window(self) -> None:
        """Show the next window of epochs."""
        self.query_one(LossPane).next_window()

    def action_pane(self, name: str) -> None:
        """Go to a pane; in the fit pane already, go to its next tab."""
        if name == "fit" and self._shown == "fit":
            self.query_one(FitPane).next_tab()
        self._show_pane(name)

    def _show_pane(self, name: str) -> None:
        self._mark_shown(name)
        shown = self.query_one(f"#{name}")
        (shown.content if isinstance(shown, FitPane) else shown).focus()

    def _mark_shown(self, name: str) -> None:
        if name == self._shown:
            return
        self._shown = name
        for pane in PANES:
            self.set_class(pane == name, f"-show-{pane}")
        self._write_bars()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep in mind the pane that has the focus."""
        for ancestor in event.widget.ancestors_with_self:
            if ancestor.id in PANES:
                self._mark_shown(ancestor.id)

    def action_next_pane(self, direction: int) -> None:
        """Go to the pane after this one, or before it."""
        names = list(PANES)
        self._show_pane(names[(names.index(self._shown) + direction) % len(names)])

    def action_help(self) -> None:
        """Show the keys."""
        from tempfit_tui.ui.screens.help import HelpScreen  # noqa: PLC0415 - not for the first frame

        self.app.push_screen(HelpScreen(self._glyphs))

    def action_leave(self) -> None:
        """Leave the app."""
        self.app.exit()
