"""Python text made safely: what comes from a file can't become code, numbers read back equal."""

from collections.abc import Iterable

from tempfit_tui.text import harmless

WIDTH = 99
"""So long a line of a script is, at the most, where it can be helped."""
INDENT = "    "


def comment(text: str) -> str:
    """Return `text` as a comment on one line, whatever is in it."""
    told = harmless(f"# {text}").rstrip()
    return told if len(told) <= WIDTH else f"{told[: WIDTH - 1]}…"


def indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    """Return `lines` so many levels further in."""
    return [INDENT * levels + line if line else "" for line in lines]


def listed(head: str, values: Iterable[float], tail: str = "") -> list[str]:
    """Return a list of numbers between `head` and `tail`, on as many lines as it takes."""
    numbers = [repr(value) for value in values]
    if len(numbers) <= WIDTH and len(line := f"{head}[{', '.join(numbers)}]{tail}") <= WIDTH:
        return [line]
    lines, line = [f"{head}["], INDENT
    for number in numbers:
        if len(line) + len(number) + 2 > WIDTH:
            lines.append(line.rstrip())
            line = INDENT
        line += f"{number}, "
    return [*lines, line.rstrip(), f"]{tail}"]


def called(name: str, arguments: Iterable[str]) -> str:
    """Return a call, or the head of a function."""
    return f"{name}({', '.join(arguments)})"


def function(name: str, arguments: Iterable[str], body: Iterable[str]) -> list[str]:
    """Return a function, two lines below what is before it."""
    return ["", "", f"def {called(name, arguments)}:", *indented(body)]
