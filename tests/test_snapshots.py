"""Pictures of the app, some of them the README's; each is a run trained to a fixed epoch."""

import pytest
from screen import screen_text, wait_until

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.options import Options

WIDE, NARROW = (120, 40), (80, 24)


def app(recipe=None, theme=None, **options):
    made = TempfitApp(open_named(recipe), LocalEngine(), Options(**options))
    if theme:
        made.theme = theme
    return made


def trained(epochs, *keys):
    """Return what trains so many epochs, then presses `keys`."""

    async def run_before(pilot):
        trainer = pilot.app.main.trainer
        await pilot.pause()
        await trainer._line.show(trainer._engine.advance(epochs=epochs))
        await pilot.pause()
        for key in keys:
            if isinstance(key, int):
                await trainer._line.show(trainer._engine.advance(epochs=key))
            else:
                await pilot.press(key)
            await pilot.pause()

    return run_before


def test_main_screen(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(2000))


REMEDY = trained(1800, "enter", "2", 1600)
"""An L2 penalty at epoch 1,800, and what came of it."""


def test_remedies_offered(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(1800, "enter"))


def test_remedy(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=REMEDY)


def test_more_data(snap_compare):
    run_before = trained(1000, "enter", "1", 1200)
    assert snap_compare(app(), terminal_size=WIDE, run_before=run_before)


def test_looking_back(snap_compare):
    async def run_before(pilot):
        await trained(2000)(pilot)
        await pilot.app.main.trainer.look_back(379)
        await pilot.pause()

    assert snap_compare(app(), terminal_size=WIDE, run_before=run_before)


def test_runs(snap_compare, monkeypatch):
    """A run that overfits, and a branch of it with an L2 penalty, side by side."""
    ids = iter(["3f2a91c0", "b71e04d8"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(ids))

    async def run_before(pilot):
        await trained(3000)(pilot)
        trainer = pilot.app.main.trainer
        await trainer.look_back(379)
        await trainer.branch()
        await trainer.change({"penalty.l2": 0.01})
        await trained(2000, "u", "space", "down", "space")(pilot)
        await wait_until(pilot, lambda: "L2 penalty" in text(pilot), "what differs")
        await pilot.pause()

    def text(pilot):
        return "\n".join(screen_text(pilot.app))

    assert snap_compare(app(), terminal_size=WIDE, run_before=run_before)


def test_recipes(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(0, "o"))


@pytest.mark.parametrize("pane", "1234")
def test_narrow_screen(snap_compare, pane):
    assert snap_compare(app(), terminal_size=NARROW, run_before=trained(1000, pane))


def test_narrow_remedies(snap_compare):
    assert snap_compare(app(), terminal_size=NARROW, run_before=trained(1000, "enter"))


def test_line(snap_compare):
    run_before = trained(700, "plus", 800)
    assert snap_compare(app("split"), terminal_size=WIDE, run_before=run_before)


def test_lens(snap_compare):
    assert snap_compare(app("raw"), terminal_size=WIDE, run_before=trained(1, "4", "4"))


def test_lens_of_a_perceptron(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(1, "4", "4"))


def worked_out(epochs, *keys):
    """Return what trains so many epochs, presses `keys`, and waits for what is worked out."""

    async def run_before(pilot):
        trainer = pilot.app.main.trainer
        await trained(epochs, *keys)(pilot)
        await wait_until(pilot, lambda: trainer.seen.frame.landscape, "the landscape")
        await wait_until(pilot, lambda: not trainer.seen.frame.unfinished, "all of it")
        await pilot.pause()

    return run_before


@pytest.fixture
def whole_way(monkeypatch):
    """Each epoch is on the way: which states the journal keeps is a matter of time."""
    monkeypatch.setattr("tempfit_tui.session.keeping.SPACING_SECONDS", 1e9)
    monkeypatch.setattr("tempfit_tui.session.trail.EARLY", 500)
    monkeypatch.setattr("tempfit_tui.session.trail.MOST_POINTS", 1000)


def test_ravine(snap_compare, whole_way):
    run_before = worked_out(300, "4", "4", "4")
    assert snap_compare(app("raw"), terminal_size=WIDE, run_before=run_before)


def test_landscape(snap_compare, whole_way):
    run_before = worked_out(500, "4", "4", "4")
    assert snap_compare(app("autograd"), terminal_size=WIDE, run_before=run_before)


def test_landscape_of_a_perceptron(snap_compare, whole_way):
    run_before = worked_out(500, "4", "4", "4")
    assert snap_compare(app(), terminal_size=WIDE, run_before=run_before)


def test_narrow_landscape(snap_compare, whole_way):
    run_before = worked_out(300, "4", "4", "4", "right")
    assert snap_compare(app("split"), terminal_size=NARROW, run_before=run_before)


def test_learning_rate_finder(snap_compare):
    async def run_before(pilot):
        await trained(0, "x")(pilot)
        await wait_until(
            pilot, lambda: "Enter: train on" in "\n".join(screen_text(pilot.app)), "a suggestion"
        )
        await pilot.pause()

    assert snap_compare(app("autograd"), terminal_size=WIDE, run_before=run_before)


def test_forecast(snap_compare):
    run_before = trained(600, "f", "left")
    assert snap_compare(app("split"), terminal_size=WIDE, run_before=run_before)


def test_untouched(snap_compare):
    assert snap_compare(app(), terminal_size=NARROW, run_before=trained(0))


def test_underfitting(snap_compare):
    run_before = trained(300, "enter")
    assert snap_compare(app("underfit"), terminal_size=WIDE, run_before=run_before)


def test_diverged(snap_compare):
    assert snap_compare(app("too-fast"), terminal_size=WIDE, run_before=trained(20, "enter"))


def test_help(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(10, "question_mark"))


def test_refused_setting(snap_compare):
    keys = ("2", "enter", "0", "enter")
    assert snap_compare(app("split"), terminal_size=WIDE, run_before=trained(10, *keys))


def test_light_theme(snap_compare):
    assert snap_compare(
        app(theme="textual-light"), terminal_size=WIDE, run_before=trained(1000, "enter", "2", 300)
    )


def test_ascii(snap_compare):
    assert snap_compare(
        app(ascii_only=True), terminal_size=WIDE, run_before=trained(1000, "enter", "2", 300)
    )
