"""Recipes from what people write, and each mistake in one line."""

import pytest
from helpers import complaint, python, recipe
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.recipe import (
    Data,
    Input,
    InputNoise,
    Model,
    MoreData,
    Penalty,
    PlannedChange,
    Recipe,
    Split,
    Target,
    Training,
)
from tempfit_tui.settings import (
    is_live,
    live_settings,
    parse_recipe,
    parse_setting,
    parse_value,
    recipe_toml,
    with_settings,
)
from tempfit_tui.text import InputError

FINITE = st.floats(-1e18, 1e18)
POSITIVE = st.floats(0, 1e18, exclude_min=True)
SHARE = st.floats(0, 1, exclude_max=True)
STRENGTH = st.floats(0, 1e6)
SEED = st.integers(0, 2**53)
LR = "a number above 0"
WIDTHS = "a list of 1 to 32, each of it a whole number at least 1 and at most 1,024"
WORDS = st.text(max_size=20)
ROWS = st.lists(st.integers(0, 2**53), max_size=5)
TRAININGS = st.builds(
    Training,
    gradient=st.sampled_from(["finite-difference", "doubly-averaged", "analytic", "autograd"]),
    delta=POSITIVE,
    optimizer=st.sampled_from(["sgd", "adam", "adamw", "rmsprop", "adagrad"]),
    momentum=SHARE,
    nesterov=st.booleans(),
    weight_decay=STRENGTH,
    lr=POSITIVE,
    batch_size=st.integers(0, 2**53),
    epochs=st.none() | st.integers(1, 10**12),
    patience=st.integers(0, 10**12),
)
CHANGES = st.builds(
    PlannedChange,
    epoch=st.integers(1, 10**12),
    set=st.fixed_dictionaries(
        {},
        optional={
            "training.lr": POSITIVE,
            "training.gradient": st.sampled_from(["analytic", "autograd"]),
            "training.epochs": st.integers(1, 10**12),
            "penalty.l1": STRENGTH,
            "input_noise.sigma": STRENGTH,
            "model.dropout": SHARE,
        },
    ),
)
RECIPES = st.builds(
    Recipe,
    title=WORDS,
    commentary=WORDS,
    watch=WORDS,
    data=st.builds(Data, path=WORDS, x=st.none() | WORDS, y=st.none() | WORDS),
    split=st.builds(
        Split,
        validation=st.none() | ROWS,
        train=st.none() | ROWS,
        fraction=SHARE,
        seed=SEED,
    ),
    input=st.builds(
        Input, transform=st.sampled_from(["none", "scale", "standardise"]), scale=POSITIVE
    ),
    target=st.builds(Target, transform=st.sampled_from(["none", "standardise"])),
    model=st.builds(
        Model,
        kind=st.sampled_from(["linear", "polynomial", "mlp"]),
        initial=st.tuples(FINITE, FINITE),
        degree=st.integers(1, 12),
        hidden=st.lists(st.integers(1, 1024), min_size=1, max_size=32).map(tuple),
        activation=st.sampled_from(["tanh", "relu", "sigmoid"]),
        dropout=SHARE,
        seed=SEED,
    ),
    training=TRAININGS,
    penalty=st.builds(Penalty, l2=STRENGTH, l1=STRENGTH, bias=st.booleans()),
    input_noise=st.builds(InputNoise, sigma=STRENGTH),
    more_data=st.builds(
        MoreData, rows=st.integers(0, 1_000_000), noise=st.none() | STRENGTH, seed=SEED
    ),
    changes=st.lists(CHANGES, max_size=3).map(lambda made: sorted(made, key=lambda c: c.epoch)),
)


def test_an_empty_recipe_is_the_defaults():
    made = parse_recipe("", "mine.toml")
    assert made == Recipe()
    # design.md, Recipe: the defaults.
    assert made.training == Training(
        gradient="autograd",
        delta=0.1,
        optimizer="sgd",
        momentum=0.0,
        nesterov=False,
        weight_decay=0.01,
        lr=0.01,
        batch_size=0,
        epochs=None,
        patience=0,
    )
    assert made.model == Model("linear", (1.0, 0.0), 3, (32, 32), "tanh", 0.0, 0)
    assert (made.penalty, made.input_noise) == (Penalty(0.0, 0.0), InputNoise(0.0))
    assert made.penalty.bias is True
    assert made.more_data == MoreData(0, None, 0)
    assert (made.split.validation, made.split.fraction, made.split.seed) == (None, 0.2, 0)


def test_every_key_of_a_recipe_is_read():
    made = parse_recipe(
        """
        title = "A"
        commentary = "B"
        watch = "C"
        [data]
        path = "mine.csv"
        x = "in"
        y = "out"
        [split]
        validation = [0, 3]
        train = [2, 1]
        fraction = 0.5
        seed = 7
        [input]
        transform = "scale"
        scale = 0.5
        [target]
        transform = "standardise"
        [model]
        kind = "mlp"
        initial = [2, -1.5]
        degree = 5
        hidden = [8, 4]
        activation = "relu"
        dropout = 0.25
        seed = 2
        [training]
        gradient = "analytic"
        delta = 1
        optimizer = "adam"
        momentum = 0.5
        nesterov = true
        weight_decay = 0.1
        lr = 1e-3
        batch_size = 4
        epochs = 9
        patience = 200
        [penalty]
        l2 = 1e-3
        l1 = 1e-4
        bias = false
        [input_noise]
        sigma = 0.3
        [more_data]
        rows = 100
        noise = 2
        seed = 5
        [[changes]]
        epoch = 3
        set = { "training.lr" = 1 }
        """,
        "mine.toml",
    )
    assert made == Recipe(
        "A",
        "B",
        "C",
        Data("mine.csv", "in", "out"),
        Split([0, 3], [2, 1], 0.5, 7),
        Input("scale", 0.5),
        Target("standardise"),
        Model("mlp", (2.0, -1.5), 5, (8, 4), "relu", 0.25, 2),
        Training("analytic", 1.0, "adam", 0.5, True, 0.1, 1e-3, 4, 9, 200),
        Penalty(1e-3, 1e-4, False),
        InputNoise(0.3),
        MoreData(100, 2.0, 5),
        [PlannedChange(3, {"training.lr": 1})],
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Unknown keys name the nearest known one, or all of them.
        ("training.lrr = 1", "training.lrr: unknown key; did you mean lr?"),
        ("trainin.lr = 1", "trainin: unknown key; did you mean training?"),
        (
            "[training]\nzzz = 1",
            "training.zzz: unknown key; known: gradient, delta, optimizer, momentum, nesterov, "
            "weight_decay, lr, batch_size, epochs, patience",
        ),
        (
            '"\\u001b[31m" = 1',
            r"\x1b[31m: unknown key; known: title, commentary, watch, data, split, input, target, "
            "model, training, penalty, input_noise, more_data, changes",
        ),
        # Wrong types.
        ('training.lr = "a"', f"training.lr = 'a': give {LR}"),
        ("training.lr = true", f"training.lr = True: give {LR}"),
        ("training.lr = [1]", f"training.lr = [1]: give {LR}"),
        ("training = 3", "training = 3: give a table"),
        ("[[training]]\nlr = 1", "training = [{'lr': 1}]: give a table"),
        ("title = 3", "title = 3: give a string"),
        ("data.path = ['a']", "data.path = ['a']: give a string"),
        (
            "training.epochs = 1.5",
            "training.epochs = 1.5: give a whole number at least 1",
        ),
        (
            "training.gradient = 3",
            "training.gradient = 3: give one of analytic, autograd, doubly-averaged, "
            "finite-difference",
        ),
        (
            "split.validation = 3",
            "split.validation = 3: give a list, each of it a whole number at least 0",
        ),
        (
            "input.scale = 1979-05-27",
            f"input.scale = datetime.date(1979, 5, 27): give {LR}",
        ),
        ("changes = 3", "changes = 3: give a list, each of it a table"),
        ("model.initial = 5", "model.initial = 5: give a list of 2 numbers"),
        # Impossible values.
        ("training.lr = 0", f"training.lr = 0: give {LR}"),
        ("training.lr = -0.1", f"training.lr = -0.1: give {LR}"),
        ("training.lr = 1e19", f"training.lr = 1e+19: give {LR} and at most 1e18"),
        ("training.lr = nan", "training.lr = nan: give a finite number"),
        ("training.lr = inf", "training.lr = inf: give a finite number"),
        ("training.lr = -inf", "training.lr = -inf: give a finite number"),
        (f"training.lr = {'9' * 400}", f"training.lr = {'9' * 37}...: give {LR} and at most 1e18"),
        ("training.delta = 0", f"training.delta = 0: give {LR}"),
        (
            "training.epochs = 0",
            "training.epochs = 0: give a whole number at least 1",
        ),
        ("training.momentum = 1", "training.momentum = 1: give a number at least 0 and below 1"),
        ("split.fraction = 1", "split.fraction = 1: give a number at least 0 and below 1"),
        (
            "split.seed = -1",
            "split.seed = -1: give a whole number at least 0",
        ),
        (
            "split.train = [0, -1]",
            "split.train[1] = -1: give a whole number at least 0",
        ),
        (
            "split.validation = [99999999999999999999999]",
            "split.validation[0] = 99999999999999999999999: give a whole number at least 0 and "
            "at most 9,007,199,254,740,992",
        ),
        ("model.initial = [1]", "model.initial = [1]: give a list of 2 numbers"),
        ("model.initial = [1, 2, 3]", "model.initial = [1, 2, 3]: give a list of 2 numbers"),
        ("model.initial = [nan, 0]", "model.initial[0] = nan: give a finite number"),
        (
            "model.initial = [0, 'a']",
            "model.initial[1] = 'a': give a number",
        ),
        ("model.hidden = []", f"model.hidden = []: give {WIDTHS}"),
        ("model.hidden = 32", f"model.hidden = 32: give {WIDTHS}"),
        (
            "model.hidden = [32, 0]",
            "model.hidden[1] = 0: give a whole number at least 1 and at most 1,024",
        ),
        (
            "model.degree = 13",
            "model.degree = 13: give a whole number at least 1 and at most 12",
        ),
        ("model.dropout = 1", "model.dropout = 1: give a number at least 0 and below 1"),
        (
            "penalty.l2 = -1",
            "penalty.l2 = -1: give a number at least 0 and at most 1e6",
        ),
        (
            "training.batch_size = 1.5",
            "training.batch_size = 1.5: give a whole number at least 0",
        ),
        (
            "more_data.rows = 1_000_001",
            "more_data.rows = 1000001: give a whole number at least 0 and at most 1,000,000",
        ),
        # Words that are not among those possible.
        (
            "training.optimizer = 'adamm'",
            "training.optimizer = 'adamm': give one of adagrad, adam, adamw, rmsprop, sgd; "
            "did you mean adam?",
        ),
        (
            "training.optimizer = 'zzz'",
            "training.optimizer = 'zzz': give one of adagrad, adam, adamw, rmsprop, sgd",
        ),
        (
            "model.kind = 'lineer'",
            "model.kind = 'lineer': give one of linear, mlp, polynomial; did you mean linear?",
        ),
        # Planned changes.
        (
            "[[changes]]\nepoch = 0\nset = {}",
            "changes[0].epoch = 0: give a whole number at least 1",
        ),
        ("[[changes]]\nset = {}", "changes[0]: missing required field `epoch`"),
        ("[[changes]]\nepoch = 1", "changes[0]: missing required field `set`"),
        ("[[changes]]\nepoch = 1\nset = 5", "changes[0].set = 5: give a table"),
        (
            '[[changes]]\nepoch = 5\nset = { "split.seed" = 1 }',
            "changes[0].set: split.seed needs a new start; what changes during a run: training, "
            "penalty, input_noise and model.dropout",
        ),
        (
            '[[changes]]\nepoch = 5\nset = { "training.lr" = 0 }',
            f"changes[0].set: training.lr = 0: give {LR}",
        ),
        (
            '[[changes]]\nepoch = 5\nset = { "training.lr" = nan }',
            "changes[0].set.training.lr = nan: give a finite number",
        ),
        (
            '[[changes]]\nepoch = 5\nset = { "training.lrr" = 1 }',
            "changes[0].set: training.lrr: unknown key; did you mean lr?",
        ),
        (
            "[[changes]]\nepoch = 5\nset = { training.lr = 1 }",
            'changes[0].set: training is a section; quote the whole name, as in "training.lr"',
        ),
        (
            "[[changes]]\nepoch = 5\nset = {}\n[[changes]]\nepoch = 4\nset = {}",
            "changes[1].epoch = 4: comes after epoch 5; put the changes in order",
        ),
    ],
)
def test_each_mistake_is_told_in_one_line(text, message):
    with pytest.raises(InputError) as caught:
        parse_recipe(text, "mine.toml")
    assert str(caught.value) == f"mine.toml: {message}"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a = ",
        "[training",
        "a = 1\na = 2",
        "\0",
    ],
)
def test_what_isn_t_toml_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"^mine\.toml: not TOML: .+") as caught:
        parse_recipe(text, "mine.toml")
    assert str(caught.value).isprintable()


@given(st.text(max_size=60))
def test_any_text_is_a_recipe_or_one_line(text):
    if told := complaint(InputError, parse_recipe, text, "mine.toml"):
        assert told.startswith("mine.toml: ")
        assert told.isprintable()
    else:
        assert isinstance(parse_recipe(text, "mine.toml"), Recipe)


@given(RECIPES)
def test_a_recipe_s_toml_reads_back_equal(made):
    assert parse_recipe(recipe_toml(made), "mine.toml") == made


def test_a_recipe_s_toml_leaves_defaults_out():
    assert recipe_toml(Recipe()) == "\n"
    made = Recipe(
        title='Say "hi"\n',
        split=Split(validation=[]),
        training=Training(lr=1e-3),
        changes=[PlannedChange(5, {"training.optimizer": "adam", "training.lr": 0.1})],
    )
    assert recipe_toml(made) == (
        'title = "Say \\"hi\\"\\n"\n\n[split]\nvalidation = []\n\n[training]\nlr = 0.001\n\n'
        '[[changes]]\nepoch = 5\nset = { "training.optimizer" = "adam", "training.lr" = 0.1 }\n'
    )


@given(RECIPES, POSITIVE)
def test_a_new_setting_leaves_the_rest(made, lr):
    after = with_settings(made, {"training.lr": lr})
    assert after == replace(made, training=replace(made.training, lr=lr))
    assert with_settings(made, {}) == made


def test_a_new_list_takes_the_place_of_the_old_one():
    after = with_settings(recipe(split__validation=[1, 2]), {"split.validation": [5]})
    assert after.split.validation == [5]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("training.lr.x", 1, "training.lr.x: lr is a value, not a section"),
        ("trainin.lr", 1, "trainin: unknown key; did you mean training?"),
        (
            "lr",
            1,
            "lr: unknown key; known: title, commentary, watch, data, split, input, target, model, "
            "training, penalty, input_noise, more_data, changes",
        ),
        ("training.lr", float("nan"), "training.lr = nan: give a finite number"),
        ("training.lr", 0, f"training.lr = 0: give {LR}"),
        ("training.lr", None, f"training.lr = None: give {LR}"),
    ],
)
def test_a_setting_that_can_t_be_is_refused(name, value, message):
    with pytest.raises(InputError) as caught:
        with_settings(recipe(training__lr=0.5), {name: value}, "--set")
    assert str(caught.value) == f"--set: {message}"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("training.lr=0.001", "training.lr", 0.001),
        (" training.lr = 1e-3 ", "training.lr", 0.001),
        ("training.optimizer=adam", "training.optimizer", "adam"),
        ("training.optimizer='adam'", "training.optimizer", "adam"),
        ("training.epochs=5", "training.epochs", 5),
        ("split.validation=[0, 3]", "split.validation", [0, 3]),
        ("split.validation=[]", "split.validation", []),
        ("data.path=a=b.csv", "data.path", "a=b.csv"),
        ("title=", "title", ""),
        ("title=true", "title", True),
    ],
)
def test_a_setting_s_value_is_toml_or_a_bare_word(text, name, value):
    parsed = parse_setting(text)
    assert parsed == (name, value)
    assert type(parsed[1]) is type(value)


@pytest.mark.parametrize(
    "written", ["1\n[training]", "1\nother = 2", "9" * 5000, "[" * 100_000, "", "two words", "[0,"]
)
def test_what_is_no_single_toml_value_is_a_string(written):
    assert parse_value(written) == written


@pytest.mark.parametrize("text", ["training.lr", "=3", "  = 3", ""])
def test_a_setting_without_name_or_value_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_setting(text)
    assert (
        str(caught.value) == f"--set {text}: write it as section.key=value, as in training.lr=0.001"
    )


def test_live_settings_are_training_penalty_noise_and_dropout():
    made = recipe(training__lr=0.5, training__epochs=7, penalty__l2=0.1)
    # design.md, Recipe: everything in training, penalty, input_noise, and dropout.
    assert live_settings(made) == {
        "model.dropout": 0.0,
        "training.gradient": "autograd",
        "training.delta": 0.1,
        "training.optimizer": "sgd",
        "training.momentum": 0.0,
        "training.nesterov": False,
        "training.weight_decay": 0.01,
        "training.lr": 0.5,
        "training.batch_size": 0,
        "training.epochs": 7,
        "training.patience": 0,
        "penalty.l2": 0.1,
        "penalty.l1": 0.0,
        "penalty.bias": True,
        "input_noise.sigma": 0.0,
    }
    assert all(map(is_live, live_settings(made)))
    asleep = ("split.seed", "title", "model.initial", "model.hidden", "more_data.rows", "")
    assert not any(map(is_live, asleep))


# --- bounds, before anything is parsed

DEEP = "{a = " * 3000 + "1" + "}" * 3000
TOO_LARGE = {
    "a long integer": ("[training]\nlr = " + "9" * 100_000, "line 2: a number or key of more"),
    "hexadecimal": ("[training]\nlr = 0x" + "f" * 100_000, "line 2: a number or key of more"),
    "nested tables": (f"title = {DEEP}", "line 1: more than 8 arrays or tables"),
    "nested arrays": ("x = 1\ntitle = " + "[" * 3000, "line 2: more than 8 arrays or tables"),
    "nested over lines": ("title = [\n" + "[\n" * 3000, "line 9: more than 8 arrays or tables"),
    "a dotted key": (".".join("a" * 50_000) + " = 1", "line 1: a dotted key of more than 8"),
    "with blanks": (" . ".join("a" * 50_000) + " = 1", "line 1: a dotted key of more than 8"),
    "of strings": ("\n" + ".".join(['"a.b"'] * 50_000), "line 2: a dotted key of more than 8"),
    "a header": ("[" + ".".join("a" * 50_000) + "]", "line 1: a dotted key of more than 8"),
    "after a string": (
        'title = """\n\\"""\na\n"""\n' + "a." * 50_000 + "b = 1",
        "line 5: a dotted key of more than 8",
    ),
}


@pytest.mark.parametrize(("text", "reason"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_recipe_beyond_bounds_is_refused_unparsed(text, reason, monkeypatch):
    monkeypatch.setattr("tomllib.loads", None)
    with pytest.raises(InputError) as caught:
        parse_recipe(text, "mine.toml")
    assert str(caught.value).startswith(f"mine.toml: {reason}")
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    "text",
    [
        'title = "' + "[" * 3000 + '"',
        "title = '" + "a." * 3000 + "'",
        'commentary = """\n' + "1" * 5000 + '"\n\\"""{{{{{{{{{{"""',
        "commentary = '''\n" + "a." * 3000 + "'''",
        "# " + "[" * 3000 + "1" * 5000,
        "[model]\nhidden = [" + "1," * 32 + "]",
        "title = 'a # b.c'",
    ],
)
def test_what_strings_comments_and_lists_hold_is_not_bounded(text):
    assert isinstance(parse_recipe(text, "mine.toml"), Recipe)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("training.lr=" + "9" * 100_000, "100,012 characters; a setting has at most 10,000"),
        (".".join("a" * 50_000) + "=1", "100,001 characters; a setting has at most 10,000"),
        (f"title={DEEP}", "characters; a setting has at most 10,000"),
    ],
)
def test_a_setting_too_long_is_refused_unparsed(written, reason, monkeypatch):
    monkeypatch.setattr("tomllib.loads", None)
    with pytest.raises(InputError) as caught:
        parse_setting(written)
    assert str(caught.value).startswith(f"--set {written[:40]}…: ")
    assert str(caught.value).endswith(reason)


@pytest.mark.parametrize("begin", ["a", "title", "training", "training.lr"])
def test_a_setting_of_thousands_of_parts_is_refused(begin):
    name = begin + ".a" * 3000
    with pytest.raises(InputError, match=r"parts; a setting has at most 8$") as caught:
        with_settings(Recipe(), {name: 1})
    assert len(str(caught.value)) < 120
    with pytest.raises(InputError):
        parse_recipe(f'[[changes]]\nepoch = 3\nset = {{ "{name}" = 1 }}', "mine.toml")


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (200 * 2**20, 200 * 2**20))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
from tempfit_tui.catalogue import open_named
from tempfit_tui.settings import parse_setting
from tempfit_tui.text import InputError
for file in sys.argv[1:]:
    try:
        open_named(file)
    except InputError as error:
        print(error)
"""


def test_no_recipe_takes_much_time_or_memory(tmp_path):
    recipes = [text for text, _ in TOO_LARGE.values()]
    recipes += ["[]" * 2**18, "a" * 2**19, "." * 2**19, 'x = """' + '\\"""' * 2**16]
    recipes += ["".join(f"[a.b{number}]\nc = 1\n" for number in range(9999))]
    files = [tmp_path / f"{number}.toml" for number in range(len(recipes))]
    for file, text in zip(files, recipes, strict=True):
        file.write_text(text)
    done = python(LIMITED, *map(str, files))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(recipes)
