"""A run as a script: it prints the run's own table, to the last digit, and nothing can get in."""

import ast
import contextlib
import io
import math
from array import array
from itertools import product
from types import SimpleNamespace

import pytest
import torch
from helpers import (
    GRADIENTS,
    OPTIMIZERS,
    SCALED,
    SECTION_6,
    STANDARDISED,
    T_C,
    T_U,
    THERMOMETER,
    TURNING,
    lived,
    python,
    recipe,
    run_of,
    table_of,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui import headless
from tempfit_tui.export import plan, script_data
from tempfit_tui.export.script import script
from tempfit_tui.frame import Change, EarlyStop
from tempfit_tui.recipe import PlannedChange, Training
from tempfit_tui.record import Record
from tempfit_tui.table import Table
from tempfit_tui.text import fixed
from tempfit_tui.training import more_data
from tempfit_tui.training.optimizer import goes_on
from tempfit_tui.training.run import Run

MINE = Table(
    "mine.csv",
    "speed",
    "way",
    array("d", [4, 7, 8, 9, 10, 11, 12]),
    array("d", [2, 4, 9, 6, 5, 9, 8]),
)
CENTRED = Table(
    "mine.csv", "speed", "way", array("d", [-2, -1, 0, 1, 2]), array("d", [-1.1, 1, 0.1, 2, -2])
)
VALIDATED = {"split__validation": [0, 3]}
MLP = {
    **STANDARDISED,
    **VALIDATED,
    "model__kind": "mlp",
    "model__hidden": [5, 3],
    "training__lr": 0.05,
}
CUBIC = {**STANDARDISED, **VALIDATED, "model__kind": "polynomial", "training__lr": 0.05}
EVERYTHING = {
    "training__optimizer": "adam",
    "training__batch_size": 4,
    "penalty__l2": 0.01,
    "penalty__l1": 0.003,
    "input_noise__sigma": 0.1,
    "model__dropout": 0.2,
}


def record_of(run, table=THERMOMETER, name="overfit"):
    return Record(name, "", run.recipe, table, run.changes, run.early_stops, run.epoch)


def executed(text):
    """Return what a script prints, and the names it leaves."""
    names = {"__name__": "__main__"}
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(text.encode(), "script.py", "exec"), names)
    return out.getvalue(), names


def parameters_in(names):
    if "params" in names:
        return names["params"].detach()
    return torch.nn.utils.parameters_to_vector(names["model"].parameters()).detach()


def finite(value):
    return value if math.isfinite(value) else None


def told(run):
    """Return what `tempfit-tui run` prints of a run, down to its parameters."""
    lines = [f"{'epoch':>9}  {'train':>14}  {'validation':>14}"]
    losses = run.train_losses._recent, run.val_losses._recent
    for epoch in range(1, run.epoch + 1):
        if epoch <= 3 or epoch % 500 == 0 or epoch == run.epoch:
            train, val = (
                finite(float(of[epoch - 1]) * run.data.loss_unit) if len(of) else None
                for of in losses
            )
            seen = SimpleNamespace(epoch=epoch, train_loss=train, val_loss=val)
            lines.append(headless._row(seen, run.validates))
    if run.recipe.model.kind != "mlp":
        lines.append(f"parameters  {', '.join(fixed(finite(p), 4) for p in run.weights.tolist())}")
    return "\n".join(lines) + "\n"


def assert_same(run, table=THERMOMETER):
    out, names = executed(script(record_of(run, table)))
    assert out == told(run)
    assert torch.equal(parameters_in(names).nan_to_num(nan=0.5), run.weights.nan_to_num(nan=0.5))


# --- one setting from the first epoch to the last


OTHERS = {name: {"training__optimizer": name} for name in ("adamw", "rmsprop", "adagrad")}
MODELS = {
    "linear": {**SECTION_6, "training__lr": 0.01},
    "polynomial": CUBIC,
    "layers of 32": {**MLP, "model__hidden": [32]},
    "uneven layers": MLP,
}
SPLITS = {
    "rows told": {"split__validation": [3, 0], "split__train": [9, 2, 10, 8, 5, 1, 6, 4, 7]},
    "a fraction": {"split__validation": None, "split__fraction": 0.3, "split__seed": 4},
    "none validates": {"split__validation": []},
    "too few for a fraction": {"split__validation": None, "split__fraction": 0.05},
}
SINGLE = {
    **{
        f"{kind}, {name}": {**MODELS[kind], **optimizer}
        for kind in MODELS
        for name, optimizer in {**OPTIMIZERS, **OTHERS}.items()
    },
    **{
        f"{kind}, {way}": {**MODELS[kind], "training__gradient": way}
        for kind in ("linear", "polynomial", "uneven layers")
        for way in GRADIENTS
    },
    **{f"{way}, everything": {**MLP, **EVERYTHING, "training__gradient": way} for way in GRADIENTS},
    **{
        f"{name}, everything but dropout": {**MODELS[name], **EVERYTHING, "model__dropout": 0.0}
        for name in MODELS
    },
    **{
        f"{activation} {way}": {**MLP, "model__activation": activation, "training__gradient": way}
        for activation in ("relu", "sigmoid")
        for way in ("autograd", "analytic")
    },
    **{
        f"inputs {x}, targets {y}": {
            **MODELS["uneven layers"],
            **split,
            "input__transform": x,
            "target__transform": y,
            "training__lr": 1e-4,
        }
        for (x, y), split in zip(
            product(("none", "scale", "standardise"), ("none", "standardise")),
            [*SPLITS.values(), *SPLITS.values()],
            strict=False,
        )
    },
    **{f"split: {name}": {**SCALED, **split} for name, split in SPLITS.items()},
    **{
        f"more data, {name}": {**CUBIC, **split, "more_data__rows": 30, "more_data__seed": 2}
        for name, split in SPLITS.items()
    },
    **{
        f"{kind}, {way}, biases out of the penalty": {
            **MODELS[kind],
            "penalty__l2": 0.1,
            "penalty__l1": 0.01,
            "penalty__bias": False,
            "training__gradient": way,
        }
        for kind, way in product(MODELS, GRADIENTS)
        if kind != "layers of 32" or way == "autograd"
    },
    "more data, raw": {"more_data__rows": 5, "training__lr": 1e-5},
    "gradient by trying, raw": {"training__gradient": "finite-difference"},
    "to infinity": {"training__lr": 0.01},
    "to infinity, validated": {**VALIDATED, "training__lr": 0.01, "training__momentum": 0.9},
    "a batch of all": {**CUBIC, "training__batch_size": 9},
    "one parameter's seed": {**CUBIC, "model__seed": 2**53, "model__degree": 12},
}


@pytest.mark.parametrize("given", SINGLE.values(), ids=SINGLE)
def test_it_prints_the_table_of_the_run(given):
    assert_same(trained(12, **given))


@pytest.mark.parametrize("table", [MINE, CENTRED], ids=["mine", "centred"])
@pytest.mark.parametrize(
    "given",
    [
        {"split__validation": []},
        {"split__validation": None, "split__fraction": 0.4},
        {**STANDARDISED, "split__validation": [2]},
        {**STANDARDISED, "split__validation": []},
        {**STANDARDISED, "split__validation": None, "more_data__rows": 12},
        {**MLP, "split__validation": [], "model__hidden": [32]},
    ],
)
def test_of_a_file_of_one_s_own(table, given):
    run = trained(12, table, **{"training__lr": 1e-3, **given})
    text = script(record_of(run, table))
    assert "# way by speed, of mine.csv" in text.splitlines()
    assert_same(run, table)


def test_where_the_mean_is_0_the_values_are_rounded_before_they_are_scaled():
    table = table_of([-0.3, 0.3, -0.7, 0.7], [0.1, -0.1, 0.6, -0.6])
    run = trained(50, table, **STANDARDISED, training__lr=0.03)
    assert (run.data.input.offset, run.data.target.offset) == (0, 0)
    assert "if mean else" in script(record_of(run, table))
    assert_same(run, table)


@pytest.mark.parametrize("epochs", [0, 1, 3, 4, 500, 1001])
def test_the_epochs_of_the_table(epochs):
    assert_same(trained(epochs, **SECTION_6))


def test_it_prints_what_the_headless_command_prints(tempfit):
    _, out, _ = tempfit("run", "split", "--epochs", 1200)
    printed, _ = executed(script(record_of(trained(1200, **SECTION_6))))
    assert printed == out[: out.index("t_c = ")]


# --- changes in the middle


CHANGES = {
    "lr": [{"training.lr": 0.003}, {"training.lr": 0.02, "training.patience": 5}],
    "momentum on, less, nesterov, off": [
        {"training.momentum": 0.9},
        {"training.momentum": 0.5, "training.lr": 0.02},
        {"training.nesterov": True},
        {"training.momentum": 0.0},
        {"training.momentum": 0.9},
    ],
    "sgd to adam and back": [
        {"training.momentum": 0.9},
        {"training.optimizer": "adam", "training.lr": 0.01},
        {"training.optimizer": "sgd"},
    ],
    "adam to adamw and back": [
        {"training.optimizer": "adam", "training.lr": 0.01},
        {"training.optimizer": "adamw"},
        {"training.weight_decay": 0.3},
        {"training.optimizer": "adam", "training.lr": 0.02},
    ],
    "all optimizers": [
        {"training.optimizer": name, "training.lr": 0.01}
        for name in ("rmsprop", "adagrad", "adamw", "sgd", "rmsprop")
    ],
    "all gradients": [{"training.gradient": way} for way in ("analytic", *GRADIENTS)],
    "gradients by hand": [
        {"training.gradient": "analytic"},
        {"training.gradient": "finite-difference", "training.delta": 0.01},
        {"training.delta": 0.003},
        {"training.gradient": "doubly-averaged"},
    ],
    "penalties on and off": [
        {"penalty.l2": 0.1},
        {"penalty.l1": 0.01, "training.gradient": "analytic"},
        {"penalty.l2": 0.0},
        {"training.gradient": "finite-difference"},
    ],
    "biases in and out of the penalty": [
        {"penalty.l2": 0.1, "penalty.bias": False},
        {"training.gradient": "analytic"},
        {"penalty.bias": True, "penalty.l1": 0.01},
        {"training.gradient": "finite-difference"},
        {"penalty.bias": False},
    ],
    "draws on and off": [
        {"input_noise.sigma": 0.1},
        {"training.batch_size": 4},
        {"model.dropout": 0.3},
        {"input_noise.sigma": 0.0, "training.batch_size": 1000},
        {"model.dropout": 0.0},
        {"training.batch_size": 2},
    ],
    "into infinity": [{"training.lr": 1e3, "training.optimizer": "sgd", "penalty.l2": 1.0}],
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_changes_are_made_before_their_updates(changes, kind):
    # Every third epoch, the first of them before update 2.
    made = {2 + 3 * place: change for place, change in enumerate(changes)}
    assert_same(lived(run_of(**MODELS[kind]), 20, made, ()))


def test_planned_changes_are_in_it_too():
    planned = [PlannedChange(1, {"training.lr": 0.02}), PlannedChange(5, {"penalty.l2": 0.1})]
    planned += [PlannedChange(90, {"training.lr": 9.0})]
    first = replace(recipe(**CUBIC), changes=planned)
    run = Run(first, THERMOMETER)
    run.advance(10)
    out, _ = executed(script(record_of(run)))
    assert out == executed(script(replace(record_of(run), recipe=first)))[0] == told(run)


def test_a_change_before_the_next_update_has_no_part_yet():
    run = trained(10, **SECTION_6)
    run.change({"training.optimizer": "adam"})
    assert len(run.changes) == 1
    text = script(record_of(run))
    assert "Adam" not in text
    assert executed(text)[0] == told(run)


# --- early stopping


PATIENT = {**TURNING, "training__patience": 40}
STOPPED = {
    "at its end": (143, PATIENT, {}),
    "and goes on": (150, PATIENT, {}),
    "again and again": (300, PATIENT, {}),
    "with dropout": (400, {**PATIENT, "model__dropout": 0.1}, {}),
    "with batches": (200, {**PATIENT, "training__batch_size": 4}, {}),
    "in layers of 32": (300, {**PATIENT, "model__hidden": [32]}, {}),
    "by hand": (160, {**PATIENT, "training__gradient": "analytic"}, {}),
    "changed at the best epoch": (160, PATIENT, {103: {"training.optimizer": "rmsprop"}}),
    "changed after it": (160, PATIENT, {120: {"training.optimizer": "sgd"}}),
    "changed after it, state and all": (160, PATIENT, {120: {"training.optimizer": "adamw"}}),
    "changed after it to another": (
        160,
        PATIENT,
        {120: {"training.optimizer": "adagrad", "training.lr": 1e-6}},
    ),
    "changed and back": (
        160,
        PATIENT,
        {
            110: {"training.optimizer": "sgd", "training.lr": 1e-6},
            120: {"training.optimizer": "adam"},
        },
    ),
    "changed where it stops": (160, PATIENT, {144: {"training.optimizer": "adamw"}}),
    "improved since": (300, PATIENT, {144: {"training.lr": 1e-3}}),
    "at the first epoch": (40, {**PATIENT, "training__lr": 1e-9, "training__patience": 10}, {}),
    "of a line": (60, {**SCALED, **VALIDATED, "training__lr": 0.0325, "training__patience": 3}, {}),
}


@pytest.mark.parametrize(("end", "given", "changes"), STOPPED.values(), ids=STOPPED)
def test_the_best_weights_are_put_back(end, given, changes):
    run = lived(run_of(**given), end, changes, ())
    assert run.early_stops
    assert_same(run)


# --- in an interpreter of its own


def test_scripts_run_by_themselves(tmp_path):
    changes = {
        "linear": {5: {"training.optimizer": "adam"}, 9: {"training.optimizer": "sgd"}},
        "polynomial": {4: {"training.momentum": 0.9}, 7: {"training.batch_size": 4}},
        "layers of 32": {4: {"training.optimizer": "adam"}, 9: {"penalty.l2": 0.01}},
    }
    runs = [lived(run_of(**MODELS[kind]), 12, made, ()) for kind, made in changes.items()]
    files = [tmp_path / f"{place}.py" for place in range(len(runs))]
    for file, run in zip(files, runs, strict=True):
        file.write_bytes(script(record_of(run, name="überfit — 過学習")).encode())
    done = python(
        "import runpy, sys\nfor file in sys.argv[1:]: runpy.run_path(file)", *map(str, files)
    )
    assert (done.stdout, done.stderr) == ("".join(map(told, runs)), "")


def test_making_one_loads_neither_torch_nor_the_screen():
    names = ", ".join(f"tempfit_tui.export.{name}" for name in ("script", "picture", "losses"))
    heavy = "{'torch', 'numpy', 'textual', 'rich', 'plotext'}"
    done = python(f"import sys, {names}\nprint(sorted({heavy} & set(sys.modules)))")
    assert (done.stdout, done.stderr) == ("[]\n", "")


# --- what is in it, and what can't be


def test_a_plain_run_has_a_plain_script():
    text = script(record_of(trained(10, **SECTION_6)))
    for word in (
        "nn",
        "copy",
        "generator",
        "params.grad",
        "if epoch ==",
        "float64",
        "l2",
        "dropout",
    ):
        assert word not in text
    lines = text.splitlines()
    assert len(lines) < 80
    assert max(map(len, lines)) < 100
    assert "    return w * t_u + b" in lines
    assert "params = torch.tensor([1.0, 0.0], requires_grad=True)" in lines


def test_an_mlp_is_a_sequential_of_pytorch_s():
    text = script(record_of(trained(3, **MODELS["layers of 32"])))
    assert "model = nn.Sequential(" in text
    assert "optim.SGD(model.parameters(), lr=0.05)" in text


SHARP = [
    "\n1/0",
    "\r1/0\r\n1/0",
    "\x0c1/0",
    '"""\n1/0',
    "coding: utf-7",
    "\\",
    "\x00",
    "\u20281/0",
    "\ud800",
]
ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=200)


@given(title=ANYTHING, name=ANYTHING, source=ANYTHING, x=ANYTHING, y=ANYTHING, note=ANYTHING)
@settings(max_examples=30)
def test_no_name_can_become_code(title, name, source, x, y, note):
    assert_harmless(title, name, source, x, y, note)


@pytest.mark.parametrize("sharp", SHARP)
def test_no_sharp_name_can_become_code(sharp):
    assert_harmless(*[sharp] * 6)


def assert_harmless(title, name, source, x, y, note):
    def of(title, name, source, x, y, note):
        table = Table(source, x, y, array("d", T_U), array("d", T_C))
        changes = [Change(3, {"training.lr": 0.01}, {"training.lr": 0.02}, note)]
        made = replace(recipe(**SECTION_6), title=title)
        return script(Record(name, "", made, table, changes, [EarlyStop(9, 4)], 9)).encode()

    hostile, plain = of(title, name, source, x, y, note), of("", "", "", "x", "y", "")
    if (x, y) != ("t_u", "t_c"):
        # Comments aren't in it.
        assert ast.dump(ast.parse(hostile)) == ast.dump(ast.parse(plain))
    compile(hostile, "script.py", "exec")


def test_numbers_are_read_back_equal():
    table = table_of([1 / 3, 1e-7, 12345678.9, -0.1], [5e-324, 1e16, 2 / 3, 0.0])
    run = run_of(table, model__initial=(1e-17, -1 / 3))
    tree = ast.parse(script(record_of(run, table)))
    lists = [
        ast.literal_eval(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.List) and "Name" not in ast.dump(node)
    ]
    assert lists[:2] == [list(table.x), list(table.y)]
    assert [1e-17, -1 / 3] in lists


# --- what is told twice in the package is the same


def test_the_law_and_whose_it_is():
    assert script_data.LAW == more_data.LAW
    bent = [*T_C[:-1], T_C[-1] + 1e-3]
    for table in (THERMOMETER, table_of(T_U[::-1], T_C[::-1]), table_of(T_U, bent), MINE, CENTRED):
        known = more_data._is_the_thermometer(table)
        assert script_data._is_the_thermometer(table) == known


def test_whether_an_optimizer_s_state_goes_on():
    names = ("sgd", "adam", "adamw", "rmsprop", "adagrad")
    every = [Training(optimizer=o, momentum=m) for o in names for m in (0.0, 0.5, 0.9)]
    for before, after in product(every, repeat=2):
        assert plan.goes_on(before, after) == goes_on(before, after)
