"""The program as a person has it: in a real terminal, by its keys and its screen."""

import re
import signal
import subprocess

import pytest
from terminal import PROGRAM, Terminal

BOTH_SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
SMALL = (80, 24)
OBSERVATIONS = (
    *("35.7     0.5", "55.9    14.0", "58.2    15.0", "81.9    28.0", "56.3    11.0"),
    *("48.9     8.0", "33.9     3.0", "21.8    -4.0", "48.4     6.0", "60.4    13.0"),
    "68.4    21.0",
)
FULL_SPEED = ("split", "--speed", "full", "--start")
CORNERS = "╭╮╰╯"


def is_closed(terminal, width=None):
    """Tell whether every pane is drawn with all of its border, over `width` columns if given."""
    counts = {terminal.text.count(corner) for corner in CORNERS}
    inside = [row for row in terminal.rows if row.startswith(("╭", "│", "╰"))]
    widths = {len(row) for row in inside}
    edges = all(row.endswith(("╮", "│", "╯")) for row in inside)
    return edges and len(widths) == 1 and (not width or widths == {width}) and len(counts) == 1


def marks(terminal):
    """Return how many observations the fit chart shows."""
    rows = terminal.rows
    top = next((y for y, row in enumerate(rows) if " 4 Fit " in row and "╭" in row), len(rows))
    chart = [row.rpartition("┤")[2].rpartition("││")[2] for row in rows[top + 2 :]]
    return sum(row.count("●") + row.count("◆") for row in chart)


def goes_to(terminal, key, title):
    """Press a pane's key, and wait until it is drawn."""
    terminal.press(key)
    terminal.wait_for(lambda: f"─ {title} " in terminal.text and is_closed(terminal))


@BOTH_SIZES
def test_it_opens_paused_steps_trains_changes_and_pauses(size):
    # At this speed the recipe's end is out of reach, on a busy machine too.
    with Terminal("split", "--speed", "100", size=size) as terminal:
        terminal.sees("Training and validation", "not started", "press space to train")
        terminal.wait_for(lambda: terminal.status == " epoch 0   train —   val —   lr 0.01")
        if size == SMALL:
            goes_to(terminal, "1", "1 Dataset")
        terminal.sees(*OBSERVATIONS, "9 train · 2 val")
        if size == SMALL:
            goes_to(terminal, "4", "4 Fit · Lens · Landscape")
        terminal.wait_for(lambda: marks(terminal) == len(OBSERVATIONS))
        assert terminal.epoch == 0

        terminal.press("n")
        parts = ["epoch 1: ", "loss 53.57", "gradient -61.24, -9.284", "w 1.612, b 0.09284"]
        if size != SMALL:
            parts.append("p = 1.000x + 0 → loss")
        terminal.wait_for(lambda: all(part in terminal.verdict for part in parts))
        terminal.wait_for(" epoch 1   train 53.57   val 200.9   lr 0.01")
        terminal.press("n", "n")
        terminal.wait_for(lambda: terminal.status.startswith(" epoch 3   train 20.56   val 97.63"))

        terminal.press("3", "space")
        terminal.sees("● running", "training until epoch 4,000 · space: pause")
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("+")
        terminal.wait_for(lambda: "   lr 0.01778" in terminal.status)
        terminal.sees("lr 0.01→0.0178", "● running")
        terminal.press("space")
        terminal.wait_for(lambda: "‖ paused" in terminal.rows[0] and "→" in terminal.verdict)
        terminal.wait_for(lambda: f" epoch {terminal.epoch:,}: " in terminal.verdict)


@BOTH_SIZES
def test_the_article_s_run_ends_with_its_figures(size):
    with Terminal(*FULL_SPEED, size=size) as terminal:
        terminal.sees("■ finished", "epoch 4,000 is where this recipe ends")
        terminal.wait_for(" epoch 4,000   train 2.912   val 5.213   lr 0.01")


@BOTH_SIZES
def test_divergence_is_explained_and_a_way_back_leads_on(size):
    with Terminal("too-fast", size=size) as terminal:
        terminal.wait_for("not started")
        terminal.press("space")
        terminal.wait_for("✖ diverged at epoch 11")
        parts = ("epoch 11: lr 0.01 is above 0.0003399, the largest stable", "Enter: ways back")
        terminal.wait_for(lambda: all(part in terminal.verdict for part in parts))
        terminal.press("enter")
        terminal.sees("Diverged at epoch 11: where to?", "back to the start with lr 0.00017")
        terminal.press("enter")
        terminal.wait_for(
            lambda: terminal.status.startswith(" epoch 0   train —   val —   lr 0.00017")
        )
        terminal.press("space")
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.wait_for("● running")


def test_r_goes_back_to_the_same_first_weights():
    with Terminal("split", "--start") as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("r")
        terminal.sees(
            "‖ not started", " epoch 0   train —   val —   lr 0.01", "press space to train"
        )
        terminal.press("n")
        terminal.wait_for(" epoch 1   train 53.57   val 200.9   lr 0.01")


def test_nothing_is_cut_off_at_80x24():
    with Terminal("split", size=SMALL) as terminal:
        terminal.wait_for("not started")
        for key, title, *parts in (
            ("1", "1 Dataset", "#     t_u     t_c  split", "68.4    21.0  ● train"),
            ("2", "2 Hyperparameters", "model      linear", "stop at    4,000"),
            ("3", "3 Loss", "press space to train", "epoch│", "log axis · all epochs"),
            ("4", "4 Fit · Lens", "t_c", "t_u│", "● train  ◆ validation"),
            ("4", "4 Fit · Lens", "not started"),
        ):
            goes_to(terminal, key, title)
            terminal.sees(*parts)
            # The footer is drawn last; its keys are those of the pane.
            terminal.wait_for(lambda: terminal.rows[-1].startswith(" space train  n step  "))
            assert terminal.rows[0].endswith("‖ not started   speed 500/s")
            assert terminal.rows[1] == "  1 Dataset   2 Hyperparameters   3 Loss   4 Fit"
            terminal.wait_for(lambda: {len(row) for row in terminal.rows[2:20]} == {80})


def test_a_terminal_too_small_is_told_and_grows_back():
    with Terminal("split", size=(59, 19)) as terminal:
        terminal.wait_for("tempfit needs 60 columns and 20 lines")
        terminal.wait_for(lambda: not any(corner in terminal.text for corner in CORNERS))
        terminal.resize(60, 20)
        terminal.sees("─ 3 Loss ", " epoch 0 ")
        terminal.resize(59, 19)
        terminal.wait_for("tempfit needs 60 columns and 20 lines")
        terminal.resize(120, 40)
        terminal.sees("─ 1 Dataset ", "─ 2 Hyperparameters ", "─ 3 Loss ", "─ 4 Fit ", " epoch 0 ")
        terminal.wait_for(lambda: is_closed(terminal))


def test_it_survives_being_resized_while_running():
    with Terminal(*FULL_SPEED, "--set", "training.epochs=1000000000") as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 0)
        for size in [(200, 60), (80, 24), (120, 40)]:
            for passing in [(1, 1), (300, 80), (20, 5), (60, 20), (59, 300), (500, 21)] * 2:
                terminal.resize(*passing)
            terminal.resize(*size)
            terminal.wait_for(lambda width=size[0]: is_closed(terminal, width))
        # A screen that is being drawn anew has no status for a moment.
        terminal.wait_for(lambda: terminal.epoch is not None)
        before = terminal.epoch
        terminal.wait_for(lambda: (terminal.epoch or 0) > before)
        terminal.sees("● running", *OBSERVATIONS)


@BOTH_SIZES
def test_ascii_is_all_that_ascii_mode_writes(size):
    with Terminal("too-fast", "--ascii", size=size) as terminal:
        terminal.wait_for("not started")
        terminal.press("n", "n")
        for pane in ("1", "2", "3", "4", "4"):
            terminal.press(pane)
            terminal.wait_for(f"- {pane} ")
        terminal.press("3", "space")
        terminal.wait_for("diverged at epoch 11")
        terminal.press("enter")
        terminal.wait_for("where to?")
        terminal.press("escape")
        terminal.wait_for(lambda: "where to?" not in terminal.text)
        terminal.press("?")
        terminal.wait_for("start or pause training")
        assert set(re.findall(r"[^\x00-\x7f]", terminal.output.decode())) == set()


def test_what_a_file_holds_is_shown_and_never_obeyed(tmp_path):
    hostile = tmp_path / "[red]\x1b[31m\x1b]0;owned\x07.csv"
    hostile.write_text("[red]x\x1b[31m,y[/]\n1,2\n2,4.5\n3,6\n")
    with Terminal(hostile) as terminal:
        terminal.wait_for("not started")
        terminal.sees("[red]x\\", "y[/]", r"[red]\x1b[31m", "1     2.0", "too few rows to validate")
        terminal.press("n")
        terminal.wait_for(" epoch 1 ")
        terminal.press("4", "4")
        terminal.wait_for("1 forward")
        terminal.wait_for(lambda: is_closed(terminal))
        for part in (b"x\x1b[31m", b"]\x1b[31m", b"\x1b]0;owned", b"owned\x07"):
            assert part not in terminal.output


def test_without_a_terminal_it_says_so_in_one_line():
    done = subprocess.run(
        PROGRAM, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "tempfit-tui: the app needs a terminal; `tempfit-tui run` trains without one\n"
    )


def test_a_signal_before_the_first_frame_leaves_nothing_behind():
    with Terminal() as terminal:
        terminal.wait_for(lambda: b"\x1b[?1049h" in terminal.output)
        terminal.send_signal(signal.SIGTERM)
        assert terminal.ended() == 143
        assert terminal.left_behind == ""
