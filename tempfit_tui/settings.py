"""Recipes from what people write: TOML and dotted settings. Each mistake is told in one line."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tempfit_tui.checking import checked
from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe, Section
from tempfit_tui.text import InputError
from tempfit_tui.toml_text import MOST_PARTS, TooLargeError, parse_toml

LIVE_SECTIONS = ("training", "penalty", "input_noise")
"""The sections whose settings can change between two epochs."""
LIVE = (
    "model.dropout",
    *(
        f"{section}.{field}"
        for section in LIVE_SECTIONS
        for field in getattr(Recipe(), section).__struct_fields__
    ),
)
"""The settings that can change between two epochs, by their dotted names."""
MOST_WRITTEN = 10_000
"""The most characters of a setting on the command line."""


def parse_recipe(text: str, source: str) -> Recipe:
    """Return the recipe that the TOML `text` describes; `source` names it in errors.

    Raises:
        InputError: it isn't TOML, or a key is unknown, of the wrong type or impossible.
    """
    try:
        tree = parse_toml(text)
    except TooLargeError as error:
        raise InputError(f"{source}: {error}") from error
    except ValueError as error:
        raise InputError(f"{source}: not TOML: {error}") from error
    return _recipe(tree, source)


def with_settings(
    recipe: Recipe, settings: Mapping[str, Value], source: str = "settings"
) -> Recipe:
    """Return `recipe` with `settings` (values by dotted names) in place of its own.

    Raises:
        InputError: a name is unknown, or a value of the wrong type or impossible.
    """
    tree: dict[str, Any] = msgspec.to_builtins(recipe)
    for name, value in settings.items():
        _set(tree, name, value, source)
    return _recipe(tree, source)


def parse_setting(text: str) -> tuple[str, Value]:
    """Return name and value of `section.key=value`; the value as TOML, a bare word as a string.

    Raises:
        InputError: it is too long, or there is no `=` or no name.
    """
    if len(text) > MOST_WRITTEN:
        raise InputError(
            f"--set {text[:40]}…: {len(text):,} characters; a setting has at most {MOST_WRITTEN:,}"
        )
    name, equals, written = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set {text}: write it as section.key=value, as in training.lr=0.001")
    return name.strip(), parse_value(written.strip())


def parse_value(written: str) -> Any:
    """Return `written` as a TOML value, or as the string it is."""
    try:
        tree = parse_toml(f"value = {written}")
    except ValueError:
        return written
    # A line break in it could have brought further keys.
    return tree["value"] if len(tree) == 1 else written


def setting_of(recipe: Recipe, name: str) -> Value:
    """Return the value of the setting of that dotted name."""
    section, _, key = name.partition(".")
    value: Value = getattr(getattr(recipe, section), key)
    return value


def live_settings(recipe: Recipe) -> dict[str, Value]:
    """Return the settings that can change between two epochs, by their dotted names."""
    return {name: setting_of(recipe, name) for name in LIVE}


def all_settings(recipe: Recipe) -> dict[str, Value]:
    """Return every setting by its dotted name; lists as tuples."""
    sections = {
        section: getattr(recipe, section)
        for section in recipe.__struct_fields__
        if isinstance(getattr(recipe, section), Section)
    }
    values = {
        f"{section}.{key}": getattr(held, key)
        for section, held in sections.items()
        for key in held.__struct_fields__
    }
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def is_live(name: str) -> bool:
    """Tell whether the setting of that dotted name, if there is one, can change during a run."""
    return name in LIVE or name.partition(".")[0] in LIVE_SECTIONS


def recipe_toml(recipe: Recipe) -> str:
    """Return `recipe` as TOML that reads back equal; defaults are left out."""
    tree: dict[str, Any] = msgspec.to_builtins(recipe)
    changes = tree.pop("changes", [])
    sections = {key: value for key, value in tree.items() if isinstance(value, dict) and value}
    lines = [f"{key} = {_toml(value)}" for key, value in tree.items() if isinstance(value, str)]
    for name, section in sections.items():
        lines += [
            "",
            f"[{name}]",
            *(f"{k} = {_toml(v)}" for k, v in section.items() if v is not None),
        ]
    for change in changes:
        pairs = ", ".join(f"{_toml(key)} = {_toml(value)}" for key, value in change["set"].items())
        lines += ["", "[[changes]]", f"epoch = {change['epoch']}", f"set = {{ {pairs} }}"]
    return "\n".join(lines).strip() + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for DEL.
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return repr(value)


def _set(tree: dict[str, Any], name: str, value: Value, source: str) -> None:
    if name.count(".") >= MOST_PARTS:
        parts = f"{name.count('.') + 1:,} parts"
        raise InputError(f"{source}: {name[:40]}…: {parts}; a setting has at most {MOST_PARTS}")
    *sections, key = name.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise InputError(f"{source}: {name}: {section} is a value, not a section")
    tree[key] = value


def _recipe(tree: dict[str, Any], source: str) -> Recipe:
    recipe = checked(tree, source)
    for number, change in enumerate(recipe.changes):
        _check_change(recipe, number, source)
        if number and change.epoch < recipe.changes[number - 1].epoch:
            raise InputError(
                f"{source}: changes[{number}].epoch = {change.epoch}: comes after "
                f"epoch {recipe.changes[number - 1].epoch}; put the changes in order"
            )
    return recipe


def _check_change(recipe: Recipe, number: int, source: str) -> None:
    change = recipe.changes[number]
    for name in change.set:
        if name in LIVE_SECTIONS:
            raise InputError(
                f"{source}: changes[{number}].set: {name} is a section; "
                f'quote the whole name, as in "{name}.lr"'
            )
        if not is_live(name):
            raise InputError(
                f"{source}: changes[{number}].set: {name} needs a new start; "
                f"what changes during a run: {', '.join(LIVE_SECTIONS)} and model.dropout"
            )
    with_settings(
        msgspec.structs.replace(recipe, changes=[]), change.set, f"{source}: changes[{number}].set"
    )
