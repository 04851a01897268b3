"""What is sent to the terminal: the difference, which shows what the whole would have shown."""

import os
import pty
import re
import termios
import tty
from contextlib import suppress
from types import SimpleNamespace

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.ui.output.driver import TerminalDriver
from tempfit_tui.ui.output.ink import PLAIN, ink
from tempfit_tui.ui.output.picture import Picture, is_frame

WIDTH, HEIGHT = 24, 5
LOOKS = (
    *("", "1", "4", "7", "1;31;44", "38;2;230;159;0;48;2;26;27;38", "48;2;26;27;38"),
    *("38;5;4;48;5;16", "1;38;2;230;159;0;48;2;26;27;38", "2;97;100", "3;9;35;49"),
)
TEXTS = st.text("ab   ⣀⢣─┤宽é", min_size=1, max_size=12)
PIECES = st.tuples(
    st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.sampled_from(LOOKS), TEXTS
)


def frame(pieces):
    """Write pieces as Textual does, each with its full style, and the cursor's place at the end."""
    drawn = "".join(
        f"\x1b[{row + 1};{column + 1}H" + (f"\x1b[{look}m{text}\x1b[0m" if look else text)
        for row, column, look, text in pieces
    )
    return f"{drawn}\x1b[1;1H"


def fitting(pieces):
    """Leave out what would be cut in the middle of a wide character, which Textual never does."""
    return [
        (
            row,
            column - column % 2,
            look,
            "".join(letter + " " * (letter != "宽") for letter in text),
        )
        for row, column, look, text in pieces
        if column + 2 * len(text) < WIDTH
    ]


class Shown:
    """A terminal that is written to."""

    def __init__(self):
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self.stream = pyte.Stream(self.screen)

    @property
    def cells(self):
        """Every cell as it is seen: of a blank only what it shows."""
        return [
            [seen(self.screen.buffer[row][column]) for column in range(WIDTH)]
            for row in range(HEIGHT)
        ]


def seen(cell):
    if cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        return (" ", cell.bg)
    return cell


@given(st.lists(st.lists(PIECES, max_size=8).map(fitting), max_size=6))
def test_the_difference_shows_what_the_whole_would(frames):
    whole, difference, picture = Shown(), Shown(), Picture(WIDTH, HEIGHT)
    blank = frame([(row, 0, "48;2;26;27;38", " " * WIDTH) for row in range(HEIGHT)])
    for output in (blank, *map(frame, frames)):
        assert is_frame(output)
        whole.stream.feed(output)
        picture.draw(output)
        difference.stream.feed(picture.difference())
        assert difference.cells == whole.cells
        assert picture.difference() == ""


def test_only_cells_that_differ_are_sent_those_of_one_ink_together():
    picture = Picture(WIDTH, HEIGHT)
    blue, orange = "38;2;86;180;233;48;2;26;27;38", "38;2;230;159;0;48;2;26;27;38"
    picture.draw(frame([(0, 0, blue, "train 0.650"), (0, 12, orange, "6.62"), (2, 3, blue, "⣀⣀⢣")]))
    picture.difference()
    picture.draw(frame([(0, 0, blue, "train 0.649"), (0, 12, orange, "6.63"), (2, 3, blue, "⣀⣀⣀")]))
    assert picture.difference() == (
        "\x1b[38;2;230;159;0;48;2;26;27;38m\x1b[1;16H3"
        "\x1b[38;2;86;180;233m\x1b[10G49\x1b[3;6H⣀\x1b[m\x1b[1;1H"
    )


def test_the_same_frame_again_is_nothing_and_after_forgetting_it_is_all():
    picture = Picture(WIDTH, HEIGHT)
    output = frame([(1, 2, "31", "epoch 12")])
    picture.draw(output)
    first = picture.difference()
    picture.draw(output)
    assert picture.difference() == ""
    picture.forget()
    assert picture.difference() == first


def test_another_size_shows_what_is_known_as_far_as_it_goes():
    picture = Picture(WIDTH, HEIGHT)
    picture.draw(frame([(1, 2, "31", "epoch 12"), (4, 0, "", "last")]))
    first = picture.difference()
    picture.resize(6, 3)
    assert picture.difference() == "\x1b[31m\x1b[2;3Hepoc\x1b[m\x1b[1;1H"
    picture.resize(WIDTH, HEIGHT)  # and back, before Textual has seen it
    assert picture.difference() == first
    picture.resize(6, 3)
    picture.difference()
    picture.draw(frame([(4, 0, "", "outside"), (0, 4, "", "cut off")]))
    assert picture.difference() == "\x1b[1;5Hcu\x1b[1;1H"


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [
        ("1;31", "31", "\x1b[22m"),
        ("31", "1;31", "\x1b[1m"),
        ("1;2;31", "2;31", "\x1b[22;2m"),
        ("7;31;44", "", "\x1b[27;39;49m"),
        ("38;5;4", "38;2;1;2;3;48;5;16", "\x1b[38;2;1;2;3;48;5;16m"),
        ("97;100", "90;107", "\x1b[90;107m"),
        ("31", "31", ""),
    ],
)
def test_one_look_is_turned_into_another_by_the_least(before, after, turn):
    assert ink(after).after(ink(before)) == turn


def test_a_blank_needs_no_ink_but_its_ground():
    words, elsewhere = ink("1;31;44"), ink("31;45")
    assert words.covers(ink("32;44").of_blank)
    assert not elsewhere.covers(words.of_blank)
    assert not ink("4;44").covers(ink("44").of_blank)
    assert ink("44").of_blank.after(ink("1;31;44")) == ""
    assert PLAIN.after(words.of_blank) == "\x1b[39;49m"


@pytest.mark.parametrize(
    "output", ["\x1b[?1049h", "\x07", "", "\x1b]0;title\x07", "\x1b[1;1Ha\x1b[2J", "a"]
)
def test_what_does_more_than_draw_is_no_frame(output):
    assert not is_frame(output)


def test_a_frame_of_textual_s_is_one():
    assert is_frame("\x1b[1;1H\x1b[31mone\x1b[0m\n\x1b[2;1Htwo ⣀\x1b[1;1H")
    assert re.fullmatch(r"[\x20-\x7e\x1b]+", Picture(3, 3).difference())


def test_a_terminal_is_restored_without_waiting_for_it():
    reader, line = pty.openpty()
    try:
        before = termios.tcgetattr(line)
        tty.setraw(line)
        driver = SimpleNamespace(_has_terminal=True, fileno=line, attrs_before=before)
        TerminalDriver.restore(driver)
        written = os.read(reader, 1000)
        assert written.endswith(b"\x1b[?1049l\x1b[?25h")
        assert b"\x1b[?1003l" in written
        assert termios.tcgetattr(line) == before
        # Where nobody reads, it returns all the same.
        os.set_blocking(line, False)
        with suppress(BlockingIOError):
            while True:
                os.write(line, b" " * 4096)
        os.set_blocking(line, True)
        TerminalDriver.restore(driver)
    finally:
        os.close(reader)
        os.close(line)
