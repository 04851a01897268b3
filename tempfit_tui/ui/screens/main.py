"""The main screen: it composes the panes, routes keys to the trainer and frames to the panes."""

from pathlib import Path
from typing import cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tempfit_tui.catalogue import Opened, open_named
from tempfit_tui.engine.protocol import Engine
from tempfit_tui.frame import CutOff, Frame, Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import ExportKind
from tempfit_tui.settings import is_live, with_settings
from tempfit_tui.text import InputError, harmless, setting
from tempfit_tui.ui.fields import settings_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.keys import bindings
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.panes.bars import FooterBar, StatusBar, TabsBar, TitleBar, VerdictBar
from tempfit_tui.ui.panes.dataset import DatasetPane
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.panes.hyperparameters import HyperparametersPane
from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.remedies import Answer
from tempfit_tui.ui.screens.mending import MendingScreen
from tempfit_tui.ui.screens.panes import LEAST_TALL, LEAST_WIDE
from tempfit_tui.ui.screens.past import PAST
from tempfit_tui.ui.trainer import SPEEDS, Seen, Trainer
from tempfit_tui.ui.words import Situation, state_words

EXPORTS = [
    Answer("script", "a PyTorch script", "plain, with the data in it: it trains the run again"),
    Answer("csv", "a table of its losses", "an epoch a line, with all digits"),
    Answer("svg", "a picture of both charts", "for a report"),
    Answer("recipe", "a recipe", "what it started from and what was changed when; opens the same"),
]


class MainScreen(MendingScreen):
    """Dataset, hyperparameters, losses and fit of one run, live."""

    BINDINGS = [
        *bindings(),
        Binding("tab", "next_pane(1)", "next pane", show=False),
        Binding("shift+tab", "next_pane(-1)", "pane before", show=False),
        Binding("ctrl+c", "leave", "quit", show=False),
    ]
    AUTO_FOCUS = "#loss"

    def __init__(self, opened: Opened, engine: Engine, options: Options) -> None:
        super().__init__(Glyphs(options.ascii_only))
        self._options, self._engine = options, engine
        self._offer: CutOff | None = None
        self._notice = ""
        self._has_panes = True
        """Not while they are made anew, for another table."""
        self._take_up(opened)

    def _take_up(self, opened: Opened, resumed: Frame | None = None) -> None:
        """Begin with a recipe or a run of the journal, in place of any before."""
        options = self._options
        self._opened, self._table = opened, opened.table
        self._settings = settings_of(opened.recipe)
        self._trouble = ""
        self.trainer = Trainer(
            self._engine,
            opened,
            resumed=resumed,
            speed=options.speed,
            fps=options.fps,
            on_seen=self._on_seen,
            on_trouble=self._on_trouble,
        )

    def compose(self) -> ComposeResult:
        """Lay out the bars and the panes."""
        glyphs = self.glyphs
        yield TitleBar(glyphs, id="title")
        yield TabsBar(glyphs, id="tabs")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield DatasetPane(self._table, glyphs)
                yield HyperparametersPane(self._settings, glyphs)
            with Vertical(id="right"):
                yield LossPane(glyphs)
                yield FitPane(self._table, glyphs)
        yield StatusBar(glyphs, id="status")
        yield VerdictBar(glyphs, id="verdict")
        yield FooterBar(glyphs, id="footer")
        yield Static(f"tempfit needs {LEAST_WIDE} columns and {LEAST_TALL} lines", id="too-small")

    def on_mount(self) -> None:
        """Start the trainer; what needs no engine is shown already."""
        self.set_class(self.glyphs.ascii_only, "-ascii")
        if self._options.start:
            self.trainer.start()
        self._write_bars()
        # After the first frame: loading torch would take the processor from it.
        self.call_after_refresh(self.live, self.trainer)

    @work(group="live")
    async def live(self, trainer: Trainer) -> None:
        """Drive the engine for as long as the app lives, or until another recipe is opened."""
        if trainer is self.trainer:
            self.listen()
            await trainer.live()

    @work(group="live")
    async def listen(self) -> None:
        """Tell when the engine falls silent, and when it is heard again."""
        await self.trainer.listen(self._on_silence)

    # What comes from the trainer

    def _on_seen(self, seen: Seen) -> None:
        if not self.app.is_running:  # the panes are going
            return
        self._trouble = ""
        self._settings = settings_of(self.trainer.recipe, seen.frame.settings)
        self._offer = seen.frame.cut_off or (None if seen.frame.epoch else self._offer)
        if seen.frame.notice != self._notice:
            self._notice = seen.frame.notice
            told = self.glyphs(self._notice)
            self.notify(told, title="Journal", severity="warning", timeout=10, markup=False)
        self._write_bars()
        if seen.charts:
            self.query_one(LossPane).show(seen, self.trainer.view)
            self.query_one(FitPane).show(self.trainer.recipe, seen)
        self.query_one(DatasetPane).show(seen.setup)
        pane = self.query_one(HyperparametersPane)
        pane.show(self._settings, seen.frame.limit, seen.setup.more_noise)

    def _on_trouble(self, trouble: str) -> None:
        self._trouble = trouble
        self._write_bars()

    def _on_silence(self) -> None:
        if not self.app.is_running:
            return
        self._write_bars()
        told = self.trainer.death or self.trainer.silence
        if told and self.app.screen is not self:
            words = self.glyphs(harmless(told))
            self.notify(words, title="Engine", severity="warning", timeout=10, markup=False)

    def _write_bars(self) -> None:
        if not (self._has_panes and self.app.is_running):
            return
        trainer = self.trainer
        running = trainer.running.is_set()
        told = trainer.death, self._trouble, self._offer, trainer.silence
        now = Situation(trainer.seen, running, *told)
        self.query_one(TitleBar).show(
            trainer.recipe,
            str(self._settings["training.optimizer"]),
            state_words(now),
            trainer.speed,
        )
        lr = self._settings["training.lr"]
        training = running and not trainer.silence
        self.query_one(StatusBar).show(trainer.seen, float(str(lr)), training)
        self.query_one(VerdictBar).show(now)
        self.query_one(FooterBar).show(now.running, "past" if now.past else self.shown)
        self.query_one(TabsBar).show(self.shown)

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

    @work
    async def action_new_seed(self) -> None:
        """Draw other first weights."""
        model = self.trainer.recipe.model
        if model.kind == "linear":
            self._on_trouble("the linear model starts at w 1, b 0: it draws nothing by a seed")
            return
        seed = model.seed + 1
        await self._start_anew(f"Draw other first weights (seed {seed})?", {"model.seed": seed})

    # Settings

    @work
    async def on_hyperparameters_pane_wanted(self, event: HyperparametersPane.Wanted) -> None:
        """Bring a setting into force, and show beside it why that can't be."""
        field, value = event.field, event.value
        pane = self.query_one(HyperparametersPane)
        if is_live(field.name) and self.is_past:
            self._on_trouble(PAST)
        elif is_live(field.name):
            pane.refuse(field, await self.trainer.change({field.name: value}))
            if seen := self.trainer.seen:
                pane.show(self._settings_in_force(), seen.frame.limit, seen.setup.more_noise)
        else:
            question = f"{field.label} {field.words(value)}?"
            pane.refuse(field, await self._start_anew(question, {field.name: value}))

    def _settings_in_force(self) -> dict[str, Value]:
        seen = self.trainer.seen
        self._settings = settings_of(self.trainer.recipe, seen.frame.settings if seen else None)
        return self._settings

    async def _start_anew(self, question: str, settings: dict[str, Value]) -> str:
        """Start anew with `settings`, asking first if a run would be lost; return why not."""
        try:
            self._recipe_with(settings)
        except InputError as error:
            return str(error)
        epoch = self.trainer.seen.frame.epoch if self.trainer.seen else 0
        if epoch and not await self.agreed(f"{question} It starts anew from epoch 0."):
            return ""
        await self._restart(settings)
        return self._trouble

    async def _restart(self, settings: dict[str, Value], remedy: str = "") -> None:
        await self.trainer.start_anew(self._recipe_with(settings), remedy)

    def _recipe_with(self, settings: dict[str, Value]) -> Recipe:
        """Return the recipe opened, with the live settings in force and `settings`."""
        live = self.trainer.seen.frame.settings if self.trainer.seen else {}
        return with_settings(self.trainer.recipe, {**live, **settings})

    # Other runs

    @work
    async def action_recipes(self) -> None:
        """Open another recipe."""
        if self.app.screen is not self:
            return
        from tempfit_tui.ui.screens.recipes import RecipesScreen  # noqa: PLC0415 - not for the first frame

        name = await self.app.push_screen_wait(RecipesScreen(self._opened.name, self.glyphs))
        if name is not None:
            self._open(open_named(name))

    def _open(self, opened: Opened, resumed: Frame | None = None) -> None:
        """Open another recipe or run on the same engine."""
        self._has_panes = False
        self.trainer.leave()
        self._take_up(opened, resumed)
        # Among the screen's messages: what is pressed meanwhile waits for the new panes.
        self.call_next(self._renew, self.trainer)

    async def _renew(self, trainer: Trainer) -> None:
        """Make new panes, for the table of what was opened."""
        if trainer is not self.trainer:  # another one has been opened since
            return
        self.workers.cancel_group(self, "live")
        await self.recompose()
        self._query_one_cache.clear()  # it would hold on to the panes of before
        self._has_panes = True
        self.show_pane("loss")
        self._write_bars()
        self.look_at_tab()
        self.call_after_refresh(self.live, trainer)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key act on panes that are being made."""
        return self._has_panes and super().check_action(action, parameters)

    async def _open_run(self, run: str) -> None:
        """Go on with a run of the journal."""
        if reopened := await self.trainer.open_run(run):
            source = reopened.source
            table, file = reopened.sent.table(), Path(source.file)
            opened = Opened(source.name, reopened.recipe, table, file)
            self._open(opened, reopened.frame)

    @work
    async def action_runs(self) -> None:
        """List the runs: compare, open, delete."""
        if self.app.screen is not self:
            return
        from tempfit_tui.ui.screens.runs import RunsScreen  # noqa: PLC0415 - not for the first frame

        self.trainer.pause()
        self._write_bars()
        seen = self.trainer.seen
        screen = RunsScreen(self._engine, seen.frame.run if seen else None, self.glyphs)
        run = await self.app.push_screen_wait(screen)
        if run is not None and not (seen and run == seen.frame.run):
            await self._open_run(run)

    @work
    async def action_export(self) -> None:
        """Take the run away as a file of its own."""
        answer = await self.chosen("Take this run away as:", EXPORTS)
        if answer is None:
            return
        folder = Path.cwd()
        if file := await self.trainer.export(cast("ExportKind", answer.name), str(folder)):
            told = self.glyphs(harmless(f"{file}, in {folder}"))
            self.notify(told, title="Written", timeout=6, markup=False)

    def pane_changed(self) -> None:
        """Show the keys of the pane in use, and what is in sight."""
        self._write_bars()
        self.look_at_tab()

    def action_leave(self) -> None:
        """Leave the app."""
        self.app.exit()
