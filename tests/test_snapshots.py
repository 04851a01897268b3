"""Pictures of the app, some of them the README's; each is a run trained to a fixed epoch."""

import pytest

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
        await trainer._do(trainer._engine.advance(epochs=epochs))
        await pilot.pause()
        for key in keys:
            if isinstance(key, int):
                await trainer._do(trainer._engine.advance(epochs=key))
            else:
                await pilot.press(key)
            await pilot.pause()

    return run_before


def test_main_screen(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(700, "plus", 800))


@pytest.mark.parametrize("pane", "1234")
def test_narrow_screen(snap_compare, pane):
    assert snap_compare(app(), terminal_size=NARROW, run_before=trained(500, pane))


def test_lens(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(1, "4", "4"))


def test_untouched(snap_compare):
    assert snap_compare(app(), terminal_size=NARROW, run_before=trained(0))


def test_diverged(snap_compare):
    assert snap_compare(app("too-fast"), terminal_size=WIDE, run_before=trained(20, "enter"))


def test_help(snap_compare):
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(10, "question_mark"))


def test_refused_setting(snap_compare):
    keys = ("2", "enter", "0", "enter")
    assert snap_compare(app(), terminal_size=WIDE, run_before=trained(10, *keys))


def test_light_theme(snap_compare):
    light = app(theme="textual-light")
    assert snap_compare(light, terminal_size=WIDE, run_before=trained(700, "plus", 800))


def test_ascii(snap_compare):
    plain = app(ascii_only=True)
    assert snap_compare(plain, terminal_size=WIDE, run_before=trained(700, "plus", 800))
