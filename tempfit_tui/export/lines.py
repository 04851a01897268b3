"""Python text made safely: what comes from a file can't become code, numbers read back equal."""

import textwrap
from collections.abc import Iterable

from tempfit_tui.text import harmless

WIDTH = 88
"""So long a line of a script is before it is indented, where it can be helped."""
INDENT = "    "


def comment(text: str) -> list[str]:
    """Return `text` as a comment of a few lines, whatever is in it."""
    # What is harmless has no line ends; a comment can't end within it.
    told = textwrap.wrap(harmless(text), WIDTH - 2, max_lines=3, placeholder=" …")
    return [f"# {line}" for line in told]


def indented(lines: Iterable[str]) -> list[str]:
    """Return `lines` one level further in."""
    return [INDENT + line if line else "" for line in lines]


def bracketed(head: str, items: Iterable[str], tail: str) -> list[str]:
    """Return `items` between commas, `head` and `tail`, on as many lines as it takes."""
    parts = list(items)
    if len(parts) <= WIDTH and len(one := f"{head}{', '.join(parts)}{tail}") <= WIDTH:
        return [one]
    lines, line = [head], ""
    for part in parts:
        if line and len(INDENT) + len(line) + len(part) + 2 > WIDTH:
            lines.append(f"{INDENT}{line.rstrip()}")
            line = ""
        line += f"{part}, "
    return [*lines, f"{INDENT}{line.rstrip()}", tail]


def listed(head: str, numbers: Iterable[float], tail: str = "") -> list[str]:
    """Return a list of numbers between `head` and `tail`."""
    return bracketed(f"{head}[", map(repr, numbers), f"]{tail}")


def called(name: str, arguments: Iterable[str]) -> str:
    """Return a call."""
    return f"{name}({', '.join(arguments)})"


def function(name: str, arguments: Iterable[str], body: Iterable[str]) -> list[str]:
    """Return a function, two lines below what is before it."""
    return ["", "", *bracketed(f"def {name}(", arguments, "):"), *indented(body)]


def guarded(name: str, line: str, *, always: bool) -> list[str]:
    """Return `line`, to be done only where the setting `name` isn't 0, unless it never is."""
    return [line] if always else [f"if {name}:", INDENT + line]
