"""What a terminal sends, whatever it is: cut into pieces, turned into messages, handed on."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from helpers import until
from hostile import ENDLESS, HOSTILE, MILLION, WHOLE
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.messages import TerminalSupportsSynchronizedOutput

from tempfit_tui.ui.output.messages import Translator
from tempfit_tui.ui.output.pieces import LONGEST_PASTE, LONGEST_SEQUENCE, Cutter, Piece
from tempfit_tui.ui.output.reader import AT_ONCE, MOST_WAITING, Inbox, read_terminal
from tempfit_tui.ui.output.size import MOST_COLUMNS, MOST_LINES, terminal_size


def cut(*parts, pause=True):
    """Return the pieces of what came in `parts`, texts joined that came one after the other."""
    cutter, pieces = Cutter(), []
    for part in parts:
        pieces += cutter.feed(part)
    pieces += cutter.pause() if pause else []
    joined = []
    for kind, words in pieces:
        is_more = joined and kind == joined[-1].kind == "text"
        joined.append(Piece(kind, joined.pop().text + words if is_more else words))
    return joined


def messages(*parts):
    translator = Translator()
    return [message for piece in cut(*parts) for message in translator.messages(piece)]


def text(words):
    return Piece("text", words)


def sequence(written):
    return Piece("sequence", written)


def pasted(words):
    return Piece("paste", words)


@pytest.mark.parametrize(
    ("sent", "pieces"),
    [
        (b"ab\x03\r", [text("ab\x03\r")]),
        ("é漢".encode(), [text("é漢")]),
        (b"\xe9n", [text("n")]),
        (b"\x1b[A\x1bOPq", [sequence("\x1b[A"), sequence("\x1bOP"), text("q")]),
        (b"\x1b", [sequence("\x1b")]),
        (b"\x1b\x1b[A", [sequence("\x1b"), sequence("\x1b[A")]),
        (b"\x1b[3$", [sequence("\x1b[3$")]),
        (b"\x1b[[Aq", [sequence("\x1b[[A"), text("q")]),
        (b"\x1b[M \x934q", [text("q")]),
        (b"\x1b[M\xc3\xa9\xe2q", [text("q")]),
        (b"\x9b5~\x8fPq", [sequence("\x1b[5~"), sequence("\x1bOP"), text("q")]),
        (b"\x1b[1;\x1b[Bq", [sequence("\x1b[B"), text("q")]),
        (b"\x1b[1;\x07q", [text("\x07q")]),
        (b"\x1b]0;title\x07a\x1bPdata\x1b\\b\x1b_x\x18c", [text("abc")]),
        (b"\x1b]0;title\x1b[A", [sequence("\x1b[A")]),
        (b"\x1b[200~20 \xb0C\x1b[201~q", [pasted("20 C"), text("q")]),
        (b"\x1b[200~a\x1b[31m\0\x9b\xc2\x9b\r\nb\x1b[201~", [pasted("a[31m\r\nb")]),
        (b"\x1b[200~a", [pasted("a")]),
        (b"\x1b[201~q", [sequence("\x1b[201~"), text("q")]),
        ("\u202e\u200bq\x9b".encode(), [text("q")]),
    ],
)
def test_bytes_become_pieces(sent, pieces):
    assert cut(sent) == pieces
    assert cut(*(bytes([byte]) for byte in sent)) == pieces


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_dropped_and_the_next_key_is_one(name):
    cutter = Cutter()
    assert cutter.feed(ENDLESS[name]) == []
    assert cutter.patience
    assert cutter.pause() == []
    assert cutter.patience is None
    assert cutter.feed(b"q") == [text("q")]


def test_a_sequence_that_is_too_long_is_no_sequence():
    longest = "\x1b[" + "1" * LONGEST_SEQUENCE + "m"
    assert cut(longest.encode()) == [sequence(longest)]
    assert cut(b"\x1b[" + b"1" * (LONGEST_SEQUENCE + 1), b"q") == [text("q")]


def test_a_paste_is_bounded_and_what_follows_it_is_read():
    sent = b"\x1b[200~" + "漢".encode() * MILLION + b"\x1b[201~q"
    assert cut(sent) == [pasted("漢" * LONGEST_PASTE), text("q")]
    assert cut(sent[:5000], sent[5000:]) == [pasted("漢" * LONGEST_PASTE), text("q")]


SENT = st.lists(
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from([piece[:300] for piece in HOSTILE.values()]),
        st.sampled_from(["\x1b", "\x1b[", "\x1b[200~", "\x1b[201~", "\x1b[<0;5;5M", "é"]).map(
            str.encode
        ),
    ),
    max_size=12,
).map(b"".join)


@given(SENT, st.lists(st.integers(0, 400), max_size=6))
@example(b"\x1b[M\xc3\xa9\xe2\x1b[M", [4, 5])
def test_where_a_read_ends_makes_no_difference(sent, ends):
    places = [0, *sorted(min(end, len(sent)) for end in ends), len(sent)]
    parts = [sent[begin:end] for begin, end in pairwise(places)]
    assert cut(*parts) == cut(sent)


@given(SENT)
def test_whatever_comes_is_messages_that_textual_can_take(sent):
    for message in messages(sent):
        match message:
            case events.Key(key=key, character=character):
                f"{key}{character}".encode()
            case events.Paste(text=words):
                assert len(words) <= LONGEST_PASTE
                assert all(letter.isprintable() or letter in "\t\r\n" for letter in words)
            case events.MouseEvent(x=x, y=y):
                assert 0 <= x < MOST_COLUMNS
                assert 0 <= y < MOST_LINES
            case _:
                known = events.AppFocus, events.AppBlur, TerminalSupportsSynchronizedOutput
                assert isinstance(message, known)


def as_textual_reads(sent):
    """Return the keys that Textual's own parser makes of one sequence."""
    parser = XTermParser()
    read = [*parser.feed(sent)]
    if parser._timeout_time is not None:
        parser._timeout_time = 0
        read += parser.tick()  # no more comes
    return keys_of(read)


def keys_of(read):
    return [(each.key, each.character) for each in read if isinstance(each, events.Key)]


NO_KEYS = {"\x1b[1;2R", "\x1b[1;5R", "\x1b[1;6R", "\x1b\x1b", "\x9b"}
"""Where the cursor is, Esc twice, and what begins a sequence."""


def test_every_key_that_textual_knows_is_that_key():
    known = sorted(set(ANSI_SEQUENCES_KEYS) - NO_KEYS)
    assert len(known) > 200
    ours = {sent: keys_of(messages(sent.encode())) for sent in known}
    assert ours == {sent: as_textual_reads(sent) for sent in known}


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b[97u", ["a"]),
        ("\x1b[97;5u", ["ctrl+a"]),
        ("\x1b[97:65;2;65u", ["A"]),
        ("\x1b[97;1:1;97u", ["a"]),
        ("\x1b[97;1:3u", []),
        ("\x1b[27u\x1b[13u\x1b[9;2u", ["escape", "enter", "shift+tab"]),
        ("\x1b[1;5A\x1b[5;3~", ["ctrl+up", "alt+pageup"]),
        ("\x1b[1114112u\x1b[55296u\x1b[97;1;1114112u\x1b[97;0u\x1b[97;257u", []),
        ("\x1bx\x1bé", ["alt+x", "alt+é"]),
        ("\x1b", ["escape"]),
        ("\x1b[5;5R\x1b[1;2R", []),
        ("\x1b[48;40;120;800;1200t\x1b[?2048;1$y\x1b[?62c\x1b[>0;95;0c\x1b[4;800;1200t", []),
    ],
)
def test_keys_by_their_numbers_and_what_is_none(sent, keys):
    assert [message.key for message in messages(sent.encode())] == keys


def test_the_mouse_the_focus_and_the_one_answer_that_was_asked_for():
    sent = b"\x1b[<0;5;6M\x1b[<35;7;8M\x1b[<64;1;1M\x1b[O\x1b[I\x1b[?2026;2$y\x1b[?2026;0$y"
    down, move, scroll, blur, focus, answer = messages(sent)
    assert isinstance(down, events.MouseDown)
    assert (down.x, down.y, down.button) == (4, 5, 1)
    assert isinstance(move, events.MouseMove)
    assert isinstance(scroll, events.MouseScrollUp)
    assert isinstance(blur, events.AppBlur)
    assert isinstance(focus, events.AppFocus)
    assert isinstance(answer, TerminalSupportsSynchronizedOutput)
    assert messages(WHOLE["mouse far away"]) == []


# Handing on


class App:
    """Takes messages, and is behind while it is told to be."""

    def __init__(self):
        self.taken = []
        self.is_behind = False
        self.inbox = Inbox(asyncio.get_running_loop(), self.taken.append, lambda: self.is_behind)

    async def takes(self, number):
        async with asyncio.timeout(10):
            while len(self.taken) < number:
                await asyncio.sleep(0)


def keys(words):
    return [events.Key(letter, letter) for letter in words]


async def test_messages_arrive_in_their_order():
    app = App()
    sent = keys("abcdefghij" * 9)
    app.inbox.put(sent)
    await app.takes(len(sent))
    assert app.taken == sent


async def test_an_app_that_is_behind_gets_the_newest_of_a_flood():
    app = App()
    app.is_behind = True
    app.inbox.put(keys("x" * 3 * MOST_WAITING))
    last = keys("q")
    app.inbox.put(last)
    app.is_behind = False
    await app.takes(AT_ONCE)
    async with asyncio.timeout(10):
        while app.taken[-1:] != last:
            await asyncio.sleep(0)
    assert len(app.taken) <= MOST_WAITING


async def test_what_is_out_of_date_is_not_handed_on():
    app = App()
    app.is_behind = True
    key, other = keys("ab")
    blur, focus = events.AppBlur(), events.AppFocus()
    moves = [XTermParser().parse_mouse_code(f"\x1b[<35;{x};1M") for x in (1, 2, 3)]
    app.inbox.put([focus, key, *[events.AppFocus(), events.AppBlur()] * 5000, blur])
    app.inbox.put([*moves[:2], other, *[moves[0]] * 5000, moves[2]])
    app.is_behind = False
    await app.takes(5)
    assert app.taken == [key, blur, moves[1], other, moves[2]]


def test_what_is_read_is_taken_at_once_and_what_had_begun_after_a_while():
    ours, theirs = pty.openpty()
    taken, stop = [], threading.Event()
    termios.tcsetattr(theirs, termios.TCSANOW, _raw(theirs))
    reader = threading.Thread(target=read_terminal, args=(theirs, stop, taken.extend))
    reader.start()
    try:
        os.write(ours, b"a\x1b[B")
        until(lambda: len(taken) == 2, "two keys")
        os.write(ours, b"\x1b")
        until(lambda: len(taken) == 3, "Esc")
        os.write(ours, b"\x1b[200~0.5")
        until(lambda: len(taken) == 4, "the paste")
        assert [key.key for key in taken[:3]] == ["a", "down", "escape"]
        assert taken[3].text == "0.5"
    finally:
        stop.set()
        reader.join()
        os.close(ours)
        os.close(theirs)


def _raw(descriptor):
    attributes = termios.tcgetattr(descriptor)
    attributes[3] &= ~(termios.ECHO | termios.ICANON)
    return attributes


# The size


@pytest.mark.parametrize(
    ("reported", "variables", "size"),
    [
        ((120, 40), {}, (120, 40)),
        ((120, 40), {"COLUMNS": "20000", "LINES": "20000"}, (120, 40)),
        ((0, 0), {}, (80, 24)),
        ((0, 40), {}, (80, 24)),
        ((0, 0), {"COLUMNS": "100", "LINES": "30"}, (100, 30)),
        ((0, 0), {"COLUMNS": "20000", "LINES": "20000"}, (MOST_COLUMNS, MOST_LINES)),
        ((0, 0), {"COLUMNS": "-5", "LINES": "1e9"}, (80, 24)),
        ((0, 0), {"COLUMNS": "9" * 5000, "LINES": "0"}, (80, 24)),
        ((65535, 65535), {}, (MOST_COLUMNS, MOST_LINES)),
        ((1, 1), {}, (1, 1)),
    ],
)
def test_a_size_is_the_terminal_s_own_within_bounds(reported, variables, size, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ours, theirs = pty.openpty()
    columns, lines = reported
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    try:
        with Path(os.devnull).open() as no_terminal:
            assert terminal_size([no_terminal.fileno(), theirs]) == size
    finally:
        os.close(ours)
        os.close(theirs)
