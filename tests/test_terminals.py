"""Terminals that do less, or are slow, or paste: each tried for real."""

import re
import signal
import time

import pytest
from helpers import until
from hostile import ENDLESS, ENDLESS_PASTE, WHOLE
from kept_runs import kept
from terminal import DEADLINE_SECONDS, QUESTION, Terminal
from test_terminal import is_closed

from tempfit_tui.engine.silence import is_suspended
from tempfit_tui.ui.output.pieces import PASTE_SECONDS

FOREVER = ("split", "--start", "--set", "training.epochs=1000000000")
WAYS_TO_KNOW = pytest.mark.parametrize("answers", [True, False], ids=["answers", "doesn't"])
"""Whether a terminal is ready: by its answers, or by its line taking output."""
SGR = re.compile(rb"\x1b\[([\d;]*)m")


def colours(output):
    """Return the numbers of all sequences that set colours or attributes."""
    return {numbers.decode() for numbers in SGR.findall(bytes(output))}


def kept_epochs(home):
    """Return the epochs of the one run, as the journal has them."""
    return sum(run.epochs for run in kept(home))


@WAYS_TO_KNOW
def test_a_terminal_that_stops_reading_holds_up_neither_training_nor_keys(answers, tmp_path):
    with Terminal(*FOREVER, answers=answers, home=tmp_path) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        before, read = terminal.epoch, len(terminal.output)
        # Seconds in which nothing is read; the journal alone tells of the training.
        until(lambda: kept_epochs(tmp_path) > before + 1200, "training, unseen")
        terminal.press("+")
        until(lambda: kept_epochs(tmp_path) > before + 2000, "training, unseen")
        terminal.wait_for(lambda: (terminal.epoch or 0) > before + 2000)
        # What was on its way by then: two frames, or as much as the line holds.
        assert len(terminal.output) - read < (12_000 if answers else 80_000)
        terminal.wait_for(lambda: "   lr 0.01778" in terminal.status)


@WAYS_TO_KNOW
def test_where_nothing_changes_nothing_is_sent(answers):
    with Terminal(*FOREVER, answers=answers) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("space")
        terminal.wait_for(lambda: f" epoch {terminal.epoch:,}: " in terminal.verdict)

        def quiet():
            sent = len(terminal.output)
            terminal.reads_for(1)
            return len(terminal.output) == sent

        # A last frame may still be on its way, on a busy machine for long.
        terminal.wait_for(quiet)


def test_a_frame_is_a_few_hundred_bytes():
    with Terminal("overfit", *FOREVER[1:], answers=True) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 500)
        begin = len(terminal.output)
        terminal.wait_for(lambda: (terminal.epoch or 0) > 1500)
        sent = terminal.output[begin:]
        assert len(sent) / sent.count(QUESTION) < 1200


def test_after_a_stop_that_no_one_told_it_of_the_app_draws_all_again_and_can_be_left():
    with Terminal("split") as terminal:
        terminal.sees("not started", "1 Dataset")
        terminal.send_signal(signal.SIGSTOP)
        until(lambda: is_suspended(terminal.pid), "the stop")
        terminal.wipe()
        terminal.send_signal(signal.SIGCONT)
        terminal.sees("1 Dataset", "3 Loss", "not started", "space train")
        terminal.press("n")
        terminal.wait_for(lambda: terminal.epoch == 1)
        terminal.press("q")
        assert terminal.ended() == 0


def test_answers_to_come_are_waited_for_when_leaving():
    with Terminal(*FOREVER, answers=True) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.output.rindex(b"\x1b[?1049l") > terminal.output.rindex(QUESTION)
        assert terminal.left_behind == ""


ATTRIBUTE = r"\d|2[1-9]"
SIXTEEN = rf"{ATTRIBUTE}|3[0-79]|4[0-79]|9[0-7]|10[0-7]"


@pytest.mark.parametrize(
    ("variables", "allowed"),
    [
        ({"NO_COLOR": "1"}, rf"{ATTRIBUTE}|[34]8;2;(?P<grey>\d+);(?P=grey);(?P=grey)|39|49"),
        ({"COLORTERM": None}, rf"{SIXTEEN}|[34]8;5;\d+"),
        ({"COLORTERM": None, "TERM": "xterm"}, SIXTEEN),
    ],
    ids=["no colour", "256 colours", "16 colours"],
)
def test_no_more_colours_than_the_terminal_has(variables, allowed):
    with Terminal("overfit", *FOREVER[1:], variables=variables) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("space", "?")
        terminal.wait_for("start or pause training")
        one = re.compile(rf"(?:(?:^|;)(?:{allowed}))*")
        assert [numbers for numbers in colours(terminal.output) if not one.fullmatch(numbers)] == []


def test_what_is_pasted_is_no_keys_and_in_a_field_its_text():
    with Terminal("overfit") as terminal:
        terminal.wait_for("2 settings")
        terminal.wait_for("not started")
        assert b"\x1b[?2004h" in terminal.output
        terminal.press("\x1b[200~q n r\r+\x1b[201~", "n")
        terminal.wait_for(" epoch 1 ")
        terminal.wait_for(lambda: "lr 0.001 " in f"{terminal.status} ")
        terminal.press("2")
        terminal.wait_for(lambda: "2 settings" not in terminal.rows[-1])
        sent = len(terminal.output)
        terminal.press("enter")
        terminal.wait_for(lambda: b"0.001" in terminal.output[sent:])  # in the field's own ink
        terminal.press("\x1b[200~0.5\r\nq\x1b[201~", "enter")
        terminal.wait_for(lambda: "   lr 0.5" in terminal.status)


USUAL_MODES = {7, 25}
"""Lines are wrapped, and the cursor is shown."""


def leaves(terminal):
    """Leave by a key, and see that the terminal is as it was before."""
    terminal.press("q")
    assert terminal.ended() == 0
    assert terminal.left_behind == ""
    assert terminal.modes == (USUAL_MODES, 0)


def steps(terminal):
    """Press the key for an epoch until there is one more; the first may end what came before."""
    epoch, deadline = terminal.epoch, time.monotonic() + DEADLINE_SECONDS
    while terminal.epoch == epoch:
        assert time.monotonic() < deadline, f"deaf:\n{terminal.text}"
        terminal.press("n")
        terminal.reads_for(PASTE_SECONDS + 0.1)


def test_whatever_a_terminal_sends_the_app_answers_its_keys():
    with Terminal("split", answers=True) as terminal:
        terminal.wait_for("not started")
        terminal.wait_for(lambda: terminal.epoch == 0)
        for data in WHOLE.values():
            terminal.send(data)
        terminal.press("n")
        terminal.wait_for(lambda: terminal.epoch == 1)
        for data in (ENDLESS["numbers"], ENDLESS["OSC"], ENDLESS_PASTE):
            terminal.send(data)
            steps(terminal)
        assert is_closed(terminal, 120)
        leaves(terminal)


def test_a_million_characters_pasted_into_a_field_are_cut():
    with Terminal("split") as terminal:
        terminal.wait_for("not started")
        terminal.press("4")
        terminal.wait_for("4 next tab")
        terminal.press("\x1b[B")
        terminal.wait_for("t_u to predict for")
        terminal.send(WHOLE["paste"])
        terminal.wait_for("9" * 60)
        terminal.press("enter")
        terminal.wait_for("999…: not a number")
        leaves(terminal)


def test_a_window_dragged_from_the_start_on_leaves_an_app_that_answers():
    with Terminal("split", size=(100, 30)) as terminal:
        for number in range(60):
            terminal.resize(100 + number % 60, 30 + number % 20)
            terminal.reads_for(0.015)
        terminal.resize(120, 40)
        terminal.wait_for("not started")
        terminal.wait_for(lambda: is_closed(terminal, 120) and terminal.epoch == 0)
        steps(terminal)
        leaves(terminal)


SCREENS = {
    "u": "Runs  1",
    "o": "Enter: open it",
    "?": "─ Help ",
    "e": "Take this run away as",
    "x": "─ Experiments ",
    "\x10": "Search for ",
}


def test_a_storm_of_resizes_over_any_screen_ends_at_the_last_size():
    sizes = [(60 + 37 * number % 140, 12 + 23 * number % 45) for number in range(30)]
    with Terminal("split", answers=True) as terminal:
        terminal.wait_for("not started")
        steps(terminal)
        for key, sign in SCREENS.items():
            terminal.press(key)
            terminal.wait_for(sign)
            for size in (*sizes, (120, 40)):
                terminal.resize(*size)
                terminal.reads_for(0.005)
            terminal.wait_for(sign)
            terminal.press("escape")
            terminal.wait_for(
                lambda sign=sign: (
                    sign not in terminal.text and is_closed(terminal, 120) and terminal.epoch
                )
            )
        leaves(terminal)


def test_texts_and_sizes_of_any_length_are_bounded(tmp_path):
    (tmp_path / "long.toml").write_text(f'title = "{"T" * 100_000}"\n')
    variables = {"COLUMNS": "20000", "LINES": "20000"}
    with Terminal(tmp_path / "long.toml", variables=variables) as terminal:
        terminal.sees("not started", "TTT…")
        terminal.wait_for(lambda: is_closed(terminal, 120))
        steps(terminal)
        terminal.press("u")
        terminal.sees("Runs  1", "TTT…", "begun")
        terminal.press("escape")
        terminal.wait_for(lambda: "Runs  1" not in terminal.text and is_closed(terminal, 120))
        leaves(terminal)


def test_a_storm_of_resizes_ends_at_the_last_size():
    with Terminal(*FOREVER, answers=True) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 0)
        for width in (*range(60, 160, 3), 80, 200, 120):
            terminal.resize(width, 30 + width % 11)
        terminal.resize(120, 40)
        terminal.wait_for(lambda: is_closed(terminal, 120) and terminal.epoch)
        before = terminal.epoch
        terminal.wait_for(lambda: is_closed(terminal, 120) and (terminal.epoch or 0) > before)
        terminal.wait_for(lambda: terminal.rows[-1].startswith(" space pause "))
