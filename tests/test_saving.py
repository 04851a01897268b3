"""A recipe saved from the screen: it opens the same, from wherever it is."""

import os
import resource
from pathlib import Path

import pytest
from helpers import complaint
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.catalogue import bundled_recipes, bundled_tables, open_named
from tempfit_tui.recipe import MoreData, PlannedChange, Recipe
from tempfit_tui.saving import save_recipe
from tempfit_tui.settings import live_settings, parse_recipe, recipe_toml, with_settings
from tempfit_tui.text import InputError

CSV = "größe in cm;Masse, kg\n150;52\n160;57,5\n170;64\n180;72\n"
CHANGES = [
    PlannedChange(1, {"training.optimizer": "adam", "training.lr": 1e-3}),
    PlannedChange(500, {"penalty.l2": 0.01, "model.dropout": 0.1}),
    PlannedChange(500, {"input_noise.sigma": 0.3, "training.nesterov": True}),
]
SETTINGS = [
    {},
    {"model.kind": "linear", "model.initial": [-3.5, 1e-7]},
    {"model.kind": "polynomial", "model.degree": 5},
    {"model.kind": "mlp", "model.hidden": [8, 4, 2], "model.activation": "relu", "model.seed": 7},
    {"penalty.l2": 0.01, "penalty.l1": 1e-5},
    {"input_noise.sigma": 0.25, "model.dropout": 0.5},
    {"more_data.rows": 100, "more_data.noise": 0.5, "more_data.seed": 3},
    {"training.momentum": 0.9, "training.nesterov": True, "training.epochs": 10**12},
    {"training.optimizer": "adamw", "training.weight_decay": 0.0, "training.patience": 200},
    {"split.validation": [], "training.batch_size": 3},
    {"split.fraction": 0.5, "split.seed": 2**53, "target.transform": "standardise"},
    {"title": 'A "quoted" \\ title\x7f\x1b\n', "commentary": "größer\n二", "watch": "[red]"},
]


def named(recipe, saved):
    """Return `recipe` with the words and the path that its file has."""
    data = replace(recipe.data, path=saved.data.path)
    return replace(recipe, data=data, title=recipe.title or saved.title)


def same(opened, recipe, file):
    """Assert that `file` opens as `recipe` on the table of `opened`; return it opened."""
    again = open_named(str(file))
    assert again.recipe == named(recipe, again.recipe)
    assert (again.table, again.file) == (opened.table, opened.file)
    return again


@pytest.fixture
def own(tmp_path):
    """A table of one's own, in a folder that is hard to name."""
    folder = tmp_path / "Meine Dätei en"
    folder.mkdir()
    (folder / "größe #1.csv").write_text(CSV)
    return folder / "größe #1.csv"


@pytest.mark.parametrize("name", bundled_recipes())
def test_a_bundled_recipe_opens_the_same_from_elsewhere(name, tmp_path):
    opened = open_named(name)
    file = save_recipe(opened, opened.recipe, tmp_path)
    assert file == tmp_path / f"{name}-1.toml"
    assert same(opened, opened.recipe, file).recipe == opened.recipe


@pytest.mark.parametrize("settings", SETTINGS, ids=[", ".join(one) or "none" for one in SETTINGS])
def test_every_setting_comes_back_on_a_table_of_one_s_own(settings, own, tmp_path):
    opened = open_named(str(own))
    recipe = replace(with_settings(opened.recipe, settings), changes=CHANGES)
    for folder, path in ((own.parent, own.name), (tmp_path, f"{own.parent.name}/{own.name}")):
        saved = same(opened, recipe, save_recipe(opened, recipe, folder))
        assert saved.recipe.data.path == path


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "training.lr": st.floats(1e-300, 1e18),
        "training.optimizer": st.sampled_from(["sgd", "adam", "rmsprop", "adagrad"]),
        "training.epochs": st.integers(1, 10**12),
        "training.nesterov": st.booleans(),
        "model.dropout": st.floats(0, 1, exclude_max=True),
        "penalty.l1": st.floats(0, 1e6),
        "input_noise.sigma": st.floats(0, 1e6),
    },
)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    VALUES,
    st.lists(VALUES, max_size=3),
    st.none() | st.lists(st.integers(0, 2**53)),
    st.lists(st.integers(1, 1024), min_size=1, max_size=4),
)
def test_any_recipe_is_read_back_equal(title, start, changes, validation, hidden):
    recipe = with_settings(
        Recipe(title=title, more_data=MoreData(rows=5)),
        {**start, "split.validation": validation, "model.kind": "mlp", "model.hidden": hidden},
    )
    planned = [PlannedChange(epoch, values) for epoch, values in enumerate(changes, 1)]
    recipe = replace(recipe, changes=planned)
    assert parse_recipe(recipe_toml(recipe), "saved") == recipe


def test_a_live_setting_can_be_planned_whatever_its_kind():
    settings = {name: value for name, value in live_settings(Recipe()).items() if value is not None}
    recipe = Recipe(changes=[PlannedChange(1, settings)])
    assert parse_recipe(recipe_toml(recipe), "saved") == recipe


def test_nothing_is_written_over(tmp_path):
    opened = open_named("split")
    (tmp_path / "split-2.toml").write_text("mine")
    (tmp_path / "split-3.toml").symlink_to(tmp_path / "nowhere")
    names = [save_recipe(opened, opened.recipe, tmp_path).name for _ in range(3)]
    assert names == ["split-1.toml", "split-4.toml", "split-5.toml"]
    assert (tmp_path / "split-2.toml").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mine.csv", "mine-1.toml"),
        ("mine-1.toml", "mine-1-1.toml"),
        ("mine.v2.toml", "mine.v2-1.toml"),
        ("größe #1.csv", "größe--1-1.toml"),
        ("温度.csv", "温度-1.toml"),
        ("../a\x1b[2J\n.csv", "a--2J-1.toml"),
        ("-rf.csv", "rf-1.toml"),
        ("...", "recipe-1.toml"),
        ("", "recipe-1.toml"),
        ("\udcff", "recipe-1.toml"),
        ("值" * 250 + ".csv", "值" * 40 + "-1.toml"),
    ],
)
def test_the_file_s_name_is_harmless(name, file, tmp_path):
    opened = open_named("split")._replace(name=name)
    assert save_recipe(opened, opened.recipe, tmp_path) == tmp_path / file


def test_what_has_no_title_gets_one(tmp_path):
    (tmp_path / "mine.toml").write_text("split.validation = [0, 3]")
    opened = open_named(str(tmp_path / "mine.toml"))
    file = save_recipe(opened, opened.recipe, tmp_path)
    assert same(opened, opened.recipe, file).recipe.title == "mine.toml"


def test_columns_chosen_by_hand_stay_chosen(own, tmp_path):
    opened = open_named(str(own), x="Masse, kg", y="größe in cm")
    again = same(opened, opened.recipe, save_recipe(opened, opened.recipe, tmp_path))
    assert (again.table.x_name, again.table.y_name) == ("Masse, kg", "größe in cm")


@pytest.mark.parametrize("name", bundled_tables())
def test_a_table_named_as_a_bundled_one_stays_one_s_own(name, tmp_path):
    (tmp_path / name).write_text(CSV)
    (tmp_path / "mine.toml").write_text(f"data.path = './{name}'")
    opened = open_named(str(tmp_path / "mine.toml"))
    again = same(opened, opened.recipe, save_recipe(opened, opened.recipe, tmp_path))
    assert again.table.x.tolist() == [150, 160, 170, 180]


def test_a_recipe_finds_its_table_through_links_and_from_any_folder(own, tmp_path, monkeypatch):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    (tmp_path / "table.csv").symlink_to(own)
    monkeypatch.chdir(tmp_path)
    opened = open_named("table.csv")
    file = save_recipe(opened, opened.recipe, Path("link"))
    monkeypatch.chdir("/")
    again = open_named(str(tmp_path / file))
    assert (again.file, again.table.y) == (own, opened.table.y)


def test_both_can_be_moved_together(own, tmp_path):
    opened = open_named(str(own))
    file = save_recipe(opened, opened.recipe, own.parent)
    own.parent.rename(tmp_path / "elsewhere")
    assert open_named(str(tmp_path / "elsewhere" / file.name)).table == opened.table


def test_a_table_on_another_drive_goes_by_its_whole_path(own, tmp_path, monkeypatch):
    def no_way(*_):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr(os.path, "relpath", no_way)
    opened = open_named(str(own))
    again = same(opened, opened.recipe, save_recipe(opened, opened.recipe, tmp_path))
    assert again.recipe.data.path == str(own)


def refusal(opened, folder):
    return complaint(InputError, save_recipe, opened, opened.recipe, folder)


def test_a_folder_that_can_t_be_written_to_is_told_in_one_line(tmp_path):
    opened = open_named("split")
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.touch()
    mend = "choose another folder"
    assert refusal(opened, gone) == (
        f"{gone}/split-1.toml: can't be written (No such file or directory); {mend}"
    )
    assert refusal(opened, file) == (
        f"{file}/split-1.toml: can't be written (Not a directory); {mend}"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told_in_one_line(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert refusal(open_named("split"), tmp_path / "closed") == (
        f"{tmp_path}/closed/split-1.toml: can't be written (Permission denied); "
        "choose another folder"
    )


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A file may hold some bytes only: what a full disk does to a process, on any system.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        told = refusal(open_named("split"), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told == (
        f"{tmp_path}/split-1.toml: can't be written (File too large); choose another folder"
    )
    assert not list(tmp_path.iterdir())


def test_a_recipe_too_long_to_be_opened_again_is_not_written(tmp_path):
    opened = open_named("split")
    recipe = replace(opened.recipe, commentary="a" * 2**20)
    told = complaint(InputError, save_recipe, opened, recipe, tmp_path)
    assert told.startswith("split: longer than 1,048,576 bytes, which can't be opened again; ")
    assert not list(tmp_path.iterdir())


def test_a_table_whose_name_isn_t_utf_8_is_refused(tmp_path):
    name = os.fsdecode(b"\xff.csv")
    (tmp_path / name).write_text(CSV)
    opened = open_named(str(tmp_path / name))
    assert refusal(opened, tmp_path) == (
        "\\udcff.csv: a recipe can't hold a name that isn't UTF-8; rename it"
    )
