"""Losses as CSV: every epoch, all digits, empty cells for what isn't a number."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.export.losses import losses_csv

LOSS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("train", "val", "lines"),
    [
        ([], [], []),
        ([53.57186508178711, 0.1], [200.5, 1e-12], ["1,53.57186508178711,200.5", "2,0.1,1e-12"]),
        ([2.5, None], [None, 3.0], ["1,2.5,", "2,,3.0"]),
        ([2.5, 1.5], None, ["1,2.5,", "2,1.5,"]),
    ],
)
def test_an_epoch_a_line(train, val, lines):
    expected = "\n".join(["epoch,train_loss,val_loss", *lines]) + "\n"
    assert losses_csv(iter(train), None if val is None else iter(val)) == expected


@given(st.lists(st.tuples(LOSS, LOSS), max_size=20))
def test_it_reads_back_equal(pairs):
    train, val = ([pair[side] for pair in pairs] for side in (0, 1))
    rows = list(csv.DictReader(io.StringIO(losses_csv(train, val))))
    assert [int(row["epoch"]) for row in rows] == list(range(1, len(pairs) + 1))
    for name, losses in (("train_loss", train), ("val_loss", val)):
        assert [float(row[name]) if row[name] else None for row in rows] == losses


def test_losses_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        losses_csv([1.0, math.pi], [1.0])
