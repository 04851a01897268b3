"""A monkey at the app: whatever it does, nothing fails, no run is lost, all of them replay.

`python tests/monkey.py --steps 10000 --seed 1` in Textual's pilot, where the same seed does the
same again; `--real --steps 2000` in a real terminal, with the engine's real process.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import monkey_in_pilot
import monkey_in_terminal
from antics import antic


class Monkey:
    """Does so many steps at whatever `sitting` it is given, and keeps in mind what it did."""

    def __init__(self, seed, steps):
        self.rng, self.steps = random.Random(seed), steps
        self.done = 0
        self.last = deque(maxlen=30)
        self.visits, self.keys, self.kinds = Counter(), Counter(), Counter()
        self.sittings = 0

    def next(self, place, size):
        """Return what to do at `place`."""
        self.done += 1
        what = antic(self.rng, place, size)
        self.last.append(f"{self.done:6} {place:<10} {what}")
        self.visits[place] += 1
        self.kinds[type(what).__name__.lower()] += 1
        self.keys.update(getattr(what, "keys", ()))
        return what


def told(counts):
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def by_count(counter):
    return told(dict(counter.most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", action="store_true", help="in a real terminal")
    given = parser.parse_args()
    live = monkey_in_terminal.live if given.real else monkey_in_pilot.live
    monkey, begun, whole = Monkey(given.seed, given.steps), time.monotonic(), False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "tempfit"
        os.environ |= {"TEMPFIT_HOME": str(home), "HOME": folder}
        os.chdir(folder)  # where it exports to
        try:
            counts = live(monkey, home)
            whole = True
        finally:
            if not whole:
                again = f"--seed {given.seed} --steps {given.steps}{' --real' * given.real}"
                print(f"step {monkey.done} failed: {again} repeats it; the last of it was:")
                print("\n".join(monkey.last), flush=True)
    print(f"{monkey.done:,} steps in {time.monotonic() - begun:.1f} s: {told(counts)}")
    print(f"by screen: {by_count(monkey.visits)}")
    print(f"by kind: {by_count(monkey.kinds)}")
    print(f"by key: {by_count(monkey.keys)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
