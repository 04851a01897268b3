"""Half a minute of fuzz, the same each time; `python tests/fuzz.py --inputs 100000` has more."""

from collections import Counter

import pytest
from fuzz import batch

GOOD = {
    "csv": {"read", "read as a simple reader does"},
    "recipe": {"read", "trained", "trained, and stopped"},
    "command line": {"done"},
    "journal": {"read, runs done", "read, replay done", "read, export done", "read, run done"},
}
BAD = {
    "csv": {"refused"},
    "recipe": {"refused", "refused for its table", "read, and not suited to its table"},
    "command line": {"refused"},
    "journal": {"damaged, and told", "read, replay refused", "read, export refused"},
}
BATCHES = [
    *(("csv", 600, number) for number in range(2)),
    *(("recipe", 400, number) for number in range(2)),
    ("command line", 400, 0),
    *(("journal", 200, number) for number in range(2)),
]


@pytest.mark.parametrize(("kind", "count", "number"), BATCHES)
def test_whatever_comes_in_is_read_right_or_refused_in_one_line(kind, count, number):
    outcomes = Counter()
    batch(kind, count, number, outcomes)
    came = {outcome for _, outcome in outcomes}
    # Inputs that are all of one sort would try little.
    assert GOOD[kind] <= came
    assert BAD[kind] <= came
