"""What a person names: a bundled recipe, a recipe of their own, or a CSV."""

import os
import statistics

import pytest
from helpers import T_C, T_U, run_of

from tempfit_tui import catalogue
from tempfit_tui.catalogue import (
    MAX_RECIPE_BYTES,
    bundled_recipes,
    bundled_tables,
    data_folder,
    open_named,
)
from tempfit_tui.recipe import Data, Input, Model, Recipe, Target, Training
from tempfit_tui.text import InputError
from tempfit_tui.training.run import Run

ALL = ", ".join(bundled_recipes())
CSV = "a,b,c\n1,2,3\n2,4,5\n3,6,8\n"


def refusal(*arguments, **named):
    with pytest.raises(InputError) as caught:
        open_named(*arguments, **named)
    return str(caught.value)


@pytest.mark.parametrize("name", bundled_recipes())
def test_a_bundled_recipe_opens_and_trains_50_epochs(name):
    opened = open_named(name)
    table = opened.table
    assert opened.name == name
    assert opened.file == data_folder() / table.source
    if name == "underfit":
        assert (table.source, table.x_name, table.y_name) == ("anscombe.csv", "x", "y")
    else:
        assert (table.source, table.x_name, table.y_name) == ("thermometer.csv", "t_u", "t_c")
        assert (table.x.tolist(), table.y.tolist()) == (list(T_U), list(T_C))
    run = Run(opened.recipe, table)
    run.advance(50)
    assert run.train_losses.epochs == run.epoch == (11 if name == "too-fast" else 50)


def test_the_second_of_anscombe_s_sets_is_bundled():
    table = open_named("underfit").table
    assert table.x.tolist() == [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    # What its four sets have in common, and their maker told: both means and both variances.
    for column, mean, variance in ((table.x, 9, 11), (table.y, 7.5, 4.127)):
        assert statistics.mean(column) == pytest.approx(mean, abs=0.001)
        assert statistics.variance(column) == pytest.approx(variance, abs=0.001)


def test_the_bundled_tables_go_by_their_names():
    folder = data_folder()
    assert bundled_tables() == {name: folder / name for name in bundled_tables()}
    assert sorted(bundled_tables()) == ["anscombe.csv", "thermometer.csv"]


def test_without_a_name_it_is_the_model_that_is_too_rich():
    assert open_named(None) == open_named("overfit")


def test_settings_and_columns_win_over_the_recipe_s():
    opened = open_named("split", x="t_c", y="t_u", settings={"training.lr": 0.5})
    assert opened.recipe.training.lr == 0.5
    assert opened.recipe.data == Data("thermometer.csv", "t_c", "t_u")
    assert opened.table.x.tolist() == list(T_C)


def test_a_csv_gets_the_recipe_for_a_csv(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(CSV)
    opened = open_named(str(file), y="c")
    assert opened.name == "mine.csv"
    assert opened.recipe == Recipe(
        title="mine.csv",
        data=Data(path=str(file), y="c"),
        input=Input(transform="standardise"),
        target=Target(transform="standardise"),
        model=Model(initial=(0.0, 0.0)),
        training=Training(lr=0.1),
    )
    assert (opened.recipe.split.fraction, opened.recipe.split.seed) == (0.2, 0)
    assert (opened.table.x.tolist(), opened.table.y.tolist()) == ([1, 2, 3], [3, 5, 8])


def test_where_the_table_was_read_from_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(CSV)
    (tmp_path / "link.csv").symlink_to("mine.csv")
    assert open_named("mine.csv").file == tmp_path / "mine.csv"
    assert open_named("link.csv").file == tmp_path / "mine.csv"
    assert open_named("split").file == data_folder() / "thermometer.csv"


def test_a_csv_s_name_makes_a_title_that_is_harmless(tmp_path):
    file = tmp_path / os.fsdecode(b"a\x1b\xff.csv")
    file.write_text(CSV)
    assert open_named(str(file)).recipe.title == "a\\x1b\\udcff.csv"


def test_a_recipe_finds_its_csv_beside_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    (tmp_path / "mine.csv").write_text(CSV)
    (tmp_path / "mine.toml").write_text('title = "Mine"\ndata.path = "mine.csv"\n')
    opened = open_named(f"{tmp_path.name}/mine.toml")
    assert (opened.name, opened.recipe.title) == ("mine.toml", "Mine")
    assert opened.table.x.tolist() == [1, 2, 3]


def test_a_recipe_of_one_s_own_may_use_the_bundled_data(tmp_path):
    (tmp_path / "mine.toml").write_text("split.validation = []")
    opened = open_named(str(tmp_path / "mine.toml"))
    assert opened.table.x.tolist() == list(T_U)
    assert Run(opened.recipe, opened.table).data.y.tolist() == run_of().data.y.tolist()


def test_a_recipe_may_start_with_a_byte_order_mark(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbftitle = "Mine"')
    assert open_named(str(tmp_path / "mine.toml")).recipe.title == "Mine"


def test_the_data_may_be_in_the_package_as_in_a_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "__file__", str(tmp_path / "tempfit_tui" / "catalogue.py"))
    assert data_folder() == tmp_path / "data"
    (tmp_path / "tempfit_tui" / "data").mkdir(parents=True)
    assert data_folder() == tmp_path / "tempfit_tui" / "data"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("splt", "splt: no bundled recipe, and no file of that name; did you mean split?"),
        ("zzz", f"zzz: no bundled recipe, and no file of that name; bundled are {ALL}"),
        ("a\nb", f"a\\nb: no bundled recipe, and no file of that name; bundled are {ALL}"),
        ("no.toml", "no.toml: No such file or directory; name a recipe that is there"),
        (
            "no.csv",
            "no.csv: can't be read (No such file or directory); check its name, folder and "
            "permissions",
        ),
        ("", ".: this is a folder; name a CSV file in it"),
        ("\0.toml", "\\x00.toml: not a file's name"),
        pytest.param(
            "a" * 5000,
            f"{'a' * 5000}: no bundled recipe, and no file of that name; bundled are {ALL}",
            id="too long a name",
        ),
    ],
)
def test_a_name_that_means_nothing_is_refused_in_one_line(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(name) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"title = \xff", "{path}: not UTF-8; save it as UTF-8 text"),
        (b"#" * (MAX_RECIPE_BYTES + 1), "{path}: longer than 1,048,576 bytes; no recipe is"),
        (b"training.lr = 0", "mine.toml: training.lr = 0: give a number above 0"),
        (
            b"data.path = 'no.csv'",
            "{folder}/no.csv: can't be read (No such file or directory); check its name, folder "
            "and permissions",
        ),
    ],
    ids=["not UTF-8", "too long", "impossible", "no data"],
)
def test_a_recipe_that_can_t_be_used_is_refused_in_one_line(content, message, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert refusal(str(path)) == message.format(path=path, folder=tmp_path)


def test_a_folder_is_no_recipe(tmp_path):
    (tmp_path / "x.toml").mkdir()
    path = tmp_path / "x.toml"
    assert refusal(str(path)) == f"{path}: Is a directory; name a recipe that is there"


def test_a_setting_that_can_t_be_is_refused_by_its_option():
    assert (
        refusal("split", settings={"training.lrr": 1})
        == "--set: training.lrr: unknown key; did you mean lr?"
    )
