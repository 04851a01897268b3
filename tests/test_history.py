"""The losses in bounded memory, against a list of them all."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tempfit_tui.frame import Curve
from tempfit_tui.training import history
from tempfit_tui.training.history import History

LOSS = st.floats(0, 1e6, width=32)
CHUNKS = st.lists(st.lists(LOSS, min_size=1, max_size=23), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let few epochs be recent and few buckets be enough, so that short histories are long."""
    monkeypatch.setattr(history, "RECENT", 8)
    monkeypatch.setattr(history, "BUCKETS", 6)


def history_of(chunks):
    made = History()
    for chunk in chunks:
        made.extend(torch.tensor(chunk))
    return made


def stretches(curve, losses):
    """Return the losses of each column."""
    ends = [*curve.epochs[1:], len(losses) + 1]
    return [losses[begin - 1 : end - 1] for begin, end in zip(curve.epochs, ends, strict=True)]


@given(
    chunks=CHUNKS,
    window=st.none() | st.integers(1, 300),
    columns=st.integers(1, 40),
    unit=st.sampled_from([1.0, 77.25]),
)
@settings(max_examples=300)
def test_every_column_has_the_extremes_of_its_epochs(chunks, window, columns, unit):
    losses = [loss for chunk in chunks for loss in chunk]
    curve = history_of(chunks).curve(window, columns, unit)
    assert 1 <= len(curve.epochs) <= columns
    assert all(a < b for a, b in zip(curve.epochs, curve.epochs[1:], strict=False))
    parts = stretches(curve, losses)
    assert curve.low == [min(part) * unit for part in parts]
    assert curve.high == [max(part) * unit for part in parts]
    assert curve.last == losses[-1] * unit


@given(chunks=CHUNKS, window=st.none() | st.integers(1, 300))
def test_a_window_starts_where_it_should_or_a_bucket_earlier(chunks, window):
    count = sum(map(len, chunks))
    wanted = min(window or count, count)
    first = history_of(chunks).curve(window, 1000, 1.0).epochs[0]
    # Older epochs are known by the bucket; there are at least half of BUCKETS.
    bucket = 1 if wanted <= history.RECENT else math.ceil(count / (history.BUCKETS // 2))
    assert count - wanted + 1 - bucket < first <= count - wanted + 1


@given(chunks=CHUNKS)
def test_recent_epochs_are_each_a_column(chunks):
    losses = [loss for chunk in chunks for loss in chunk]
    shown = losses[-history.RECENT :]
    curve = history_of(chunks).curve(len(shown), 100, 1.0)
    assert curve.epochs == list(range(len(losses) - len(shown) + 1, len(losses) + 1))
    assert curve.low == curve.high == shown


@given(chunks=CHUNKS)
def test_the_newest_loss_and_the_number_of_epochs(chunks):
    losses = [loss for chunk in chunks for loss in chunk]
    made = history_of(chunks)
    assert (made.last, made.epochs) == (losses[-1], len(losses))


@given(chunks=CHUNKS)
def test_how_losses_come_in_makes_no_difference_to_the_whole(chunks):
    losses = [loss for chunk in chunks for loss in chunk]
    one_by_one = history_of([[loss] for loss in losses])
    assert history_of(chunks).curve(None, 1, 1.0) == one_by_one.curve(None, 1, 1.0)


@given(chunks=CHUNKS)
def test_memory_is_bounded_whatever_the_length(chunks):
    made = history_of(chunks)
    kept = {name: len(part) for name, part in vars(made).items() if isinstance(part, torch.Tensor)}
    assert kept
    assert max(kept.values()) <= max(2 * history.RECENT, history.BUCKETS)


def test_memory_is_bounded_after_a_million_epochs(monkeypatch):
    monkeypatch.undo()
    made = History()
    for _ in range(20):
        made.extend(torch.rand(50_000))
    kept = sum(part.nbytes for part in vars(made).values() if isinstance(part, torch.Tensor))
    # 2 RECENT and 3 BUCKETS of 4 bytes each.
    assert kept <= 4 * (2 * 2**15 + 3 * 2**13)
    curve = made.curve(None, 200, 1.0)
    assert 100 <= len(curve.epochs) <= 200
    assert curve.epochs[0] == 1


@given(before=CHUNKS, after=CHUNKS)
def test_what_is_added_to_a_copy_isn_t_in_the_original(before, after):
    made = history_of(before)
    shown = made.curve(None, 50, 1.0)
    twin = made.copy()
    for chunk in after:
        twin.extend(torch.tensor(chunk))
    assert made.curve(None, 50, 1.0) == shown
    assert made.epochs == sum(map(len, before))
    assert twin.curve(None, 50, 1.0) == history_of([*before, *after]).curve(None, 50, 1.0)


@given(losses=st.lists(LOSS, min_size=1, max_size=400), window=st.integers(1, 500))
def test_smoothing_is_a_running_mean_over_a_hundredth_of_the_window(losses, window):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "RECENT", 1000)
        curve = history_of([losses]).curve(window, 1000, 1.0, smooth=True)
    shown = losses[-window:]
    span = max(1, len(shown) // 100)
    means = [
        math.fsum(shown[max(0, i + 1 - span) : i + 1]) / min(span, i + 1) for i in range(len(shown))
    ]
    # Cumulative float64 sums lose 1e-16 of the total; the means are float32.
    tolerance = 1e-12 * sum(shown)
    assert curve.low == curve.high == pytest.approx(means, rel=1e-6, abs=tolerance)
    assert curve.last == curve.low[-1]


def test_a_smooth_curve_of_old_epochs_runs_over_each_bucket_s_last_loss():
    losses = [float(loss) for loss in range(1, 49)]
    # 48 epochs in 6 buckets of 8; a hundredth of 6 is less than one: no more than the losses.
    curve = history_of([losses]).curve(None, 100, 1.0, smooth=True)
    assert curve == Curve(
        [1, 9, 17, 25, 33, 41], [8, 16, 24, 32, 40, 48], [8, 16, 24, 32, 40, 48], 48
    )


def test_nothing_recorded_is_an_empty_curve():
    assert History().curve(None, 100, 1.0) == Curve([], [], [], None)
    assert History().last is None


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_losses_that_aren_t_finite_are_left_out(bad):
    curve = history_of([[3.0, 1.0, bad]]).curve(None, 100, 2.0)
    assert curve == Curve([1, 2], [6.0, 2.0], [6.0, 2.0], None)


def test_nothing_finite_is_a_curve_without_columns():
    assert history_of([[math.nan]]).curve(None, 100, 1.0) == Curve([], [], [], None)


def test_columns_stay_as_they_are_while_the_run_goes_on():
    losses = torch.rand(2_000).tolist()
    before = history_of([losses[:1_100]]).curve(None, 100, 1.0)
    after = history_of([losses[:1_400]]).curve(None, 100, 1.0)
    # The last column of the one is still being filled.
    assert after.epochs[: len(before.epochs)] == before.epochs
    assert after.low[: len(before.low) - 1] == before.low[:-1]
