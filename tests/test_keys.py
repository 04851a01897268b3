"""The table of keys, and what comes from it."""

from itertools import chain

import pytest

from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.keys import FOOTERS, KEYS, bindings, footer_keys, keys_table
from tempfit_tui.ui.panes.bars import PANES
from tempfit_tui.ui.screens.main import MainScreen


def test_no_key_does_two_things():
    names = list(chain.from_iterable(key.key.split(",") for key in KEYS))
    assert len(set(names)) == len(names)
    assert len({key.action for key in KEYS}) == len(KEYS)


def test_every_key_is_bound_to_what_the_screen_does():
    bound = {binding.key: binding.action for binding in bindings()}
    assert bound == {key.key: key.action for key in KEYS}
    for key in KEYS:
        name = key.action.partition("(")[0]
        owner = TempfitApp if name.startswith("app.") else MainScreen
        assert hasattr(owner, f"action_{name.removeprefix('app.')}")


def test_every_key_is_in_the_readmes_table():
    table = keys_table().splitlines()
    for key in KEYS:
        assert f"| `{key.shown}` | {key.words} |" in table


@pytest.mark.parametrize("pane", PANES)
def test_a_footer_begins_with_training_and_has_words_for_its_keys(pane):
    keys = footer_keys(pane)
    assert [key.shown for key in keys] == FOOTERS[pane].split()
    assert [key.shown for key in keys][:2] == ["space", "n"]
    assert keys[-1].shown == "q"
    assert all(key.footer for key in keys)
