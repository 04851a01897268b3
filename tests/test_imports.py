"""What each part loads, seen in a fresh interpreter."""

import json
from pathlib import Path

import pytest
from helpers import python

HEAVY = ("torch", "safetensors", "numpy")
SCREEN = ("textual", "textual_plotext", "plotext", "rich")
REPORT = """
import json, sys
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(code):
    done = python(code + REPORT)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_neither_torch_nor_the_screen():
    code = """import sys
sys.argv = ["tempfit-tui", "--help"]
from tempfit_tui.cli import main
main()
"""
    done = python(code + REPORT)
    *help_text, modules = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert help_text[0].startswith("Usage: tempfit-tui")
    assert not {*HEAVY, *SCREEN, "asyncio"} & set(json.loads(modules))


@pytest.mark.parametrize("module", ["catalogue", "recipe", "settings", "table", "frame", "text"])
def test_what_both_sides_share_loads_neither_torch_nor_the_screen(module):
    assert not {*HEAVY, *SCREEN} & loaded(f"import tempfit_tui.{module}")


@pytest.mark.parametrize("module", ["engine.child", "engine.messages", "engine.door"])
def test_the_app_s_side_of_the_engine_loads_no_torch(module):
    assert not {*HEAVY, *SCREEN} & loaded(f"import tempfit_tui.{module}")


def test_training_without_a_screen_loads_none():
    names = ("training.run", "session.session", "engine.host", "engine.local", "headless")
    found = loaded("\n".join(f"import tempfit_tui.{name}" for name in names))
    assert "torch" in found
    assert not set(SCREEN) & found


def test_the_app_loads_no_torch():
    found = loaded("import tempfit_tui.ui.app")
    assert "textual" in found
    assert not {"torch", "safetensors"} & found


def test_opening_a_recipe_and_starting_the_engine_s_door_load_no_torch():
    code = """
from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.child import ChildEngine
open_named(None)
ChildEngine()
"""
    assert not set(HEAVY) & loaded(code)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "split", "--epochs", "3"], "53.571865"),
        (["replay", "last"], "all 3 epochs came out identical"),
        (["export", "last", "--to", "script"], "Failed to initialize NumPy"),  # not to be shown
    ],
    ids=["run", "replay", "export"],
)
def test_without_numpy_training_says_nothing_of_it(arguments, told, tempfit):
    if arguments[0] != "run":
        assert tempfit("run", "split", "--epochs", "3").code == 0
    code = f"""
import sys
sys.modules["numpy"] = None  # as in an environment that hasn't got it
sys.argv = ["tempfit-tui", *{arguments}]
from tempfit_tui.cli import main
main()
"""
    done = python(code)
    assert told in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    if arguments[0] == "export":
        script = python("import sys; sys.modules['numpy'] = None\n" + done.stdout)
        assert "53.571865" in script.stdout
        assert (script.returncode, script.stderr) == (0, "")


def test_without_numpy_the_engine_s_log_stays_empty():
    code = "import sys; sys.modules['numpy'] = None; import tempfit_tui.engine.host"
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")


def test_training_never_loads_torch_s_compiler():
    code = """
import sys
from helpers import OPTIMIZERS, SCALED, run_of
others = [{"training__optimizer": name} for name in ("adamw", "rmsprop", "adagrad")]
for settings in (*OPTIMIZERS.values(), *others):
    for kind in ("linear", "polynomial", "mlp"):
        run = run_of(**SCALED, **settings, model__kind=kind)
        run.advance(3)
        run.restore(run.checkpoint())
        run.twin().advance(1)
print("torch._dynamo" in sys.modules)
"""
    done = python(f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n{code}")
    assert (done.stdout.strip(), done.stderr) == ("False", "")
