"""A tree of plain values checked to be a recipe: each fault is one line with key, value and mend.

What a value may be is told by the recipe's own types; the words are made from them.
"""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from tempfit_tui.recipe import Recipe
from tempfit_tui.text import InputError

_RECIPE = inspect.type_info(Recipe)
_BEYOND = 1e12
"""A bound as far out as this isn't worth words until it is passed."""


def checked(tree: dict[str, Any], source: str) -> Recipe:
    """Return the recipe that `tree` holds; `source` names it in errors.

    Raises:
        InputError: a key is unknown, or a value of the wrong type or impossible.
    """
    _refuse_unknown_and_not_finite(tree, _RECIPE, "", source)
    try:
        return msgspec.convert(tree, Recipe)
    except msgspec.ValidationError as error:
        raise InputError(f"{source}: {_explanation(str(error), tree)}") from error


def _refuse_unknown_and_not_finite(
    value: Any, expected: inspect.Type, path: str, source: str
) -> None:
    """Refuse what msgspec lets pass, or refuses without naming the nearest known key."""
    expected = _without_none(expected)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{source}: {path} = {value}: give a finite number")
    if isinstance(value, dict):
        fields = _fields(expected)
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if fields and key not in fields:
                raise InputError(f"{source}: {here}: unknown key; {_nearest(key, fields)}")
            _refuse_unknown_and_not_finite(inner, fields.get(key, inspect.AnyType()), here, source)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _refuse_unknown_and_not_finite(
                inner, _item(expected, index), f"{path}[{index}]", source
            )


def _explanation(error: str, tree: dict[str, Any]) -> str:
    """Return the key, its value and what it may be, from msgspec's words."""
    complaint, _, path = error.partition(" - at `$.")
    path = path.rstrip("`")
    if complaint.startswith("Object missing"):
        return f"{path}: {complaint.removeprefix('Object ')}"
    value: Any = tree
    expected = _RECIPE
    for key, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        expected = _without_none(expected)
        if key:
            value, expected = value[key], _fields(expected)[key]
        else:
            value, expected = value[int(index)], _item(expected, int(index))
    return f"{path} = {_shown(value)}: give {_description(_without_none(expected), value)}"


def _fields(kind: inspect.Type) -> dict[str, inspect.Type]:
    if not isinstance(kind, inspect.StructType):
        return {}
    return {field.name: field.type for field in kind.fields}


def _item(kind: inspect.Type, index: int) -> inspect.Type:
    match kind:
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return item
        case inspect.TupleType(item_types=items) if index < len(items):
            return items[index]
        case inspect.UnionType(types=kinds):
            lists = (one for one in kinds if isinstance(one, inspect.ListType))
            return _item(next(lists, inspect.AnyType()), index)
        case _:
            return inspect.AnyType()


def _without_none(kind: inspect.Type) -> inspect.Type:
    if not isinstance(kind, inspect.UnionType):
        return kind
    kinds = tuple(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return kinds[0] if len(kinds) == 1 else inspect.UnionType(kinds)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"


def _shown(value: Any) -> str:
    shown = "a table" if isinstance(value, dict) else repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def _description(kind: inspect.Type, value: Any) -> str:
    """Return what a value of `kind` may be; `value` is the one that it can't."""
    match kind:
        case inspect.LiteralType(values=choices):
            words = [str(c) if str(c)[0].isalpha() else repr(c) for c in choices]
            near = difflib.get_close_matches(str(value), words, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"one of {', '.join(words)}{hint}"
        case inspect.IntType() | inspect.FloatType():
            noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            return " ".join([noun, " and ".join(_bounds(kind, value))]).strip()
        case inspect.StrType():
            return "a string"
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            lengths = _lengths(kind)
            return f"a list{lengths}, each of it {_description(item, None)}"
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)} numbers"
        case inspect.UnionType(types=kinds):
            # A choice comes last, as it may end with the nearest one.
            ordered = sorted(kinds, key=lambda one: isinstance(one, inspect.LiteralType))
            return ", or ".join(_description(one, value) for one in ordered)
        case _:
            return "a table"


def _lengths(kind: inspect.ListType | inspect.VarTupleType) -> str:
    if kind.min_length is None or kind.max_length is None:
        return ""
    return f" of {kind.min_length} to {kind.max_length}"


def _bounds(kind: inspect.IntType | inspect.FloatType, value: Any) -> list[str]:
    size = abs(value) if isinstance(value, int | float) else 0
    bounds = (
        ("above", kind.gt),
        ("at least", kind.ge),
        ("below", kind.lt),
        ("at most", kind.le),
    )
    return [
        f"{word} {bound:,}"
        if isinstance(bound, int)
        else f"{word} {bound:g}".replace("e+0", "e").replace("e+", "e")
        for word, bound in bounds
        if bound is not None and (abs(bound) < _BEYOND or size >= abs(bound))
    ]
