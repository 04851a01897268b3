"""Frames are drawn as often as asked for, and less often where drawing takes much of the time."""

import pytest

from tempfit_tui.ui.frame_rate import FrameRate


class Worked:
    """How long the app's thread has worked, as told."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


def frames(rate, worked, *costs):
    """Draw frames that cost so many seconds; return the time to the next after each."""
    times = []
    for cost in costs:
        worked.seconds += cost
        rate.drawn()
        times.append(rate.seconds)
    return times


def test_the_rate_falls_before_drawing_takes_more_than_half_of_the_time_and_comes_back():
    worked = Worked()
    rate = FrameRate(10, worked)
    assert rate.seconds == 0.1
    taken = frames(rate, worked, 0.02, 0.05, 0.08, 5.0, 0.01)
    assert taken == pytest.approx([0.1, 0.1, 0.16, 1.0, 0.1])


def test_what_was_done_before_training_does_not_count():
    worked = Worked()
    rate = FrameRate(60, worked)
    worked.seconds += 3
    rate.begin()
    assert frames(rate, worked, 0.002) == pytest.approx([1 / 60])
