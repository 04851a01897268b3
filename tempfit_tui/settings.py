"""Recipes from what people write: TOML and dotted settings. Each mistake is told in one line."""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.text import InputError

LIVE_SECTIONS = ("training",)
"""The sections whose settings can change between two epochs."""


def parse_recipe(text: str, source: str) -> Recipe:
    """Return the recipe that the TOML `text` describes; `source` names it in errors.

    Raises:
        InputError: it isn't TOML, or a key is unknown, of the wrong type or impossible.
    """
    try:
        tree = tomllib.loads(text)
    # Apart from TOMLDecodeError, a number of thousands of digits is a ValueError.
    except (ValueError, RecursionError) as error:
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
        InputError: there is no `=`, or no name.
    """
    name, equals, written = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set {text}: write it as section.key=value, as in training.lr=0.001")
    return name.strip(), parse_value(written.strip())


def parse_value(written: str) -> Any:
    """Return `written` as a TOML value, or as the string it is."""
    try:
        tree = tomllib.loads(f"value = {written}")
    except (ValueError, RecursionError):
        return written
    # A line break in it could have brought further keys.
    return tree["value"] if len(tree) == 1 else written


def live_settings(recipe: Recipe) -> dict[str, Value]:
    """Return the settings that can change between two epochs, by their dotted names."""
    return {
        f"{section}.{field}": getattr(getattr(recipe, section), field)
        for section in LIVE_SECTIONS
        for field in getattr(recipe, section).__struct_fields__
    }


def is_live(name: str) -> bool:
    """Tell whether the setting of that dotted name can change between two epochs."""
    return name.partition(".")[0] in LIVE_SECTIONS


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
    *sections, key = name.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise InputError(f"{source}: {name}: {section} is a value, not a section")
    tree[key] = value


def _recipe(tree: dict[str, Any], source: str) -> Recipe:
    _refuse_unknown_and_unbounded(tree, inspect.type_info(Recipe), "", source)
    try:
        recipe = msgspec.convert(tree, Recipe)
    except msgspec.ValidationError as error:
        raise InputError(f"{source}: {_explanation(error, tree)}") from error
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
                f"only settings of {' and '.join(LIVE_SECTIONS)} change during a run"
            )
    with_settings(
        msgspec.structs.replace(recipe, changes=[]), change.set, f"{source}: changes[{number}].set"
    )


def _refuse_unknown_and_unbounded(
    value: Any, expected: inspect.Type, path: str, source: str
) -> None:
    """Refuse what msgspec lets pass, or refuses without naming the nearest known key."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{source}: {path} = {value}: give a finite number")
    if isinstance(value, dict) and isinstance(expected, inspect.StructType):
        fields = {field.name: field.type for field in expected.fields}
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if key not in fields:
                raise InputError(f"{source}: {here}: unknown key; {_nearest(key, fields)}")
            _refuse_unknown_and_unbounded(inner, fields[key], here, source)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unknown_and_unbounded(inner, inspect.AnyType(), f"{path}.{key}", source)
    elif isinstance(value, list | tuple):
        item = getattr(expected, "item_type", inspect.AnyType())
        for number, inner in enumerate(value):
            _refuse_unknown_and_unbounded(inner, item, f"{path}[{number}]", source)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"


def _explanation(error: msgspec.ValidationError, tree: dict[str, Any]) -> str:
    """Return the key, its value and what it may be, from msgspec's error."""
    complaint, _, path = str(error).partition(" - at `$.")
    path = path.rstrip("`")
    value: Any = tree
    expected: inspect.Type = inspect.type_info(Recipe)
    for part in path.replace("[", ".[").split("."):
        if isinstance(expected, inspect.StructType) and part in value:
            value = value[part]
            expected = next(field.type for field in expected.fields if field.name == part)
        elif part.startswith("[") and part[1:-1].isdigit() and isinstance(value, list | tuple):
            value = value[int(part[1:-1])]
            items = getattr(expected, "item_types", None)
            expected = items[int(part[1:-1])] if items else getattr(expected, "item_type", expected)
    if complaint.startswith("Object missing required field"):
        return f"{path}: {complaint.removeprefix('Object ')}"
    wanted = _description(expected)
    hint = f"; {_nearest(value, choices)}" if (choices := _choices(expected, value)) else ""
    return f"{path} = {_shown(value)}: give {wanted}{hint}"


def _choices(expected: inspect.Type, value: Any) -> list[str]:
    if not isinstance(value, str) or not isinstance(expected, inspect.LiteralType):
        return []
    return (
        [str(choice) for choice in expected.values]
        if difflib.get_close_matches(
            value, [str(choice) for choice in expected.values], n=1, cutoff=0.5
        )
        else []
    )


def _shown(value: Any) -> str:
    shown = "a table" if isinstance(value, dict) else repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def _description(expected: inspect.Type) -> str:
    match expected:
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.UnionType(types=types):
            return _description(
                next(kind for kind in types if not isinstance(kind, inspect.NoneType))
            )
        case inspect.IntType() | inspect.FloatType():
            noun = "a whole number" if isinstance(expected, inspect.IntType) else "a number"
            bounds = [
                f"{word} {bound:g}" if abs(bound) < 1e6 or bound % 10 == 0 else f"{word} {bound}"
                for word, bound in (
                    ("above", expected.gt),
                    ("at least", expected.ge),
                    ("below", expected.lt),
                    ("at most", expected.le),
                )
                if bound is not None
            ]
            return " ".join([noun, " and ".join(bounds)]).strip()
        case inspect.StrType():
            return "a string"
        case inspect.ListType(item_type=item):
            return f"a list, each of it {_description(item)}"
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)} numbers"
        case _:
            return "a table"
