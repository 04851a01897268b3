"""Kill the engine, the app or both at random moments, and see that nothing answered is lost.

`python tests/kills.py --rounds 200`. A round trains, changes settings, looks back and branches
until it is killed, then goes on from the journal beside a run that was lived straight through.
`--real N` does N of the rounds with engines started as the app starts them; the others are forked.
"""

import argparse
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from contextlib import contextmanager
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

from helpers import RICH, SECTION_6, THERMOMETER, TURNING, lived, recipe, recorded

import tempfit_tui.engine.host  # noqa: F401 - loaded once, for all that are forked
from tempfit_tui.engine import __main__ as engine_main
from tempfit_tui.engine.child import COMMAND
from tempfit_tui.engine.messages import (
    PREFIX,
    Advance,
    Branch,
    ChangeSettings,
    Leave,
    LookBack,
    Open,
    OpenRun,
    Refused,
    Rewind,
    SentTable,
    answer_of,
    length_of,
    packed,
)
from tempfit_tui.frame import View
from tempfit_tui.journal.journal import opened
from tempfit_tui.record import Source
from tempfit_tui.training.run import Run

SMALL = {**RICH, "model__hidden": [8]}
RECIPES = [
    recipe(**SECTION_6),
    recipe(**SECTION_6, training__gradient="analytic", training__momentum=0.9),
    recipe(**SMALL),
    recipe(**SMALL, model__dropout=0.1, training__batch_size=4, training__gradient="analytic"),
    recipe(**TURNING, training__patience=15, training__gradient="analytic"),
]
LIVE = {
    "training.lr": [1e-3, 0.01, 0.02],
    "training.optimizer": ["sgd", "adam", "rmsprop"],
    "training.gradient": ["analytic", "autograd"],
    "training.momentum": [0.0, 0.5],
    "training.batch_size": [0, 3],
    "training.patience": [0, 20],
    "penalty.l2": [0.0, 1e-3],
    "input_noise.sigma": [0.0, 0.05],
}
WAYS = ("engine", "app", "both")
WRITTEN = 1.0
"""What was answered so long before the last answer is in the journal."""
DEADLINE = 30


@contextmanager
def awaiting(what):
    """Fail where `what` takes too long."""

    def fail(*_):
        raise AssertionError(f"waited {DEADLINE} s in vain for {what}")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)


class Engine:
    """An engine's process and its pipes."""

    def __init__(self, home, real):
        theirs, self._requests = os.pipe()
        self._answers, ours = os.pipe()
        self._log = home / "engine.log"
        self.process = os.fork()
        if not self.process:
            self._become_one(home, theirs, ours, real)
        os.close(theirs)
        os.close(ours)

    def _become_one(self, home, requests, answers, real):
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for place, file in enumerate((requests, answers, log)):
            os.dup2(file, place)
        os.closerange(3, 64)
        os.environ["TEMPFIT_HOME"] = str(home)
        if real:
            os.execv(COMMAND[0], COMMAND)
        try:
            engine_main.main()
        except BaseException:  # noqa: BLE001 - whatever it is, this process ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def send(self, request):
        os.write(self._requests, packed(request))

    def send_part(self, request, share):
        whole = packed(request)
        os.write(self._requests, whole[: int(share * len(whole))])

    def answer(self, seconds=None):
        """Return the next answer; None where none begins within so many seconds, or ever."""
        with awaiting("an answer"):
            if not select.select([self._answers], [], [], seconds)[0]:
                return None
            prefix = self._read(PREFIX)
            body = self._read(length_of(prefix)) if len(prefix) == PREFIX else b""
            return answer_of(body) if body else None

    def _read(self, count):
        """Return so many bytes, fewer only at their end."""
        read = b""
        while len(read) < count and (part := os.read(self._answers, count - len(read))):
            read += part
        return read if len(read) == count else b""

    def asked(self, request):
        """Return the answer to `request`."""
        self.send(request)
        answer = self.answer()
        assert answer, f"no answer; the engine said: {self._log.read_text()[-2000:]}"
        return answer

    def kill(self):
        os.kill(self.process, signal.SIGKILL)

    def close(self):
        """Let go of the pipes, as an app does that is killed."""
        os.close(self._requests)
        os.close(self._answers)

    def wait(self):
        with awaiting("the end of the engine"):
            return os.waitpid(self.process, 0)[1]


class Witness:
    """What was asked and answered, and so is owed."""

    def __init__(self):
        self.asked, self.frames = deque(), []
        self.runs = {}
        """The last frame of each run."""
        self.parents = {}
        """The run and epoch that a run was answered to have come from."""

    def note(self, answer):
        request = self.asked.popleft()
        if isinstance(answer, Refused):
            return
        frame = answer.frame
        if self.runs and frame.run != self.last.run:
            # Before its first page a run has no id yet.
            origin = (self.last.run, frame.epoch) if self.last.run else self.parents.pop(None)
            if self.last.run or not isinstance(request, Branch | Rewind):
                self.parents[frame.run] = origin
        self.frames.append((time.monotonic(), frame))
        if frame.run:
            self.runs[frame.run] = frame

    @property
    def last(self):
        return self.frames[-1][1]

    def owed(self, offered):
        """Return the epochs that have to be there by the time of the last answer, by run."""
        until, owed, run = self.frames[-1][0] - WRITTEN, {}, offered
        for at, frame in reversed(self.frames):
            # Before its first page a run has no id yet.
            run = frame.run or run
            if at <= until and run not in owed:
                owed[run] = epochs_of(frame)
        return owed


def epochs_of(frame):
    return frame.epoch if frame.present is None else frame.present


def requests(rng, epoch):
    """Return what is asked next, all at once."""
    if epoch == 0:
        # What is changed before the first epoch makes another recipe.
        return [Advance(rng.randint(1, 60))]
    back = LookBack(rng.randint(0, max(1, epoch)))
    change = ChangeSettings(
        {name: rng.choice(LIVE[name]) for name in rng.sample(sorted(LIVE), rng.randint(1, 2))}
    )
    return rng.choice(
        [
            *[[Advance(rng.randint(1, 60))]] * 5,
            [Advance(None, 0.03)],
            # As the app does where a key is pressed while it trains.
            [Advance(10**9), change],
            *[[change]] * 2,
            [back],
            [LookBack(None)],
            [back, Branch()],
            [Rewind(rng.choice(["best", "before-change"]))],
        ]
    )


def live(engine, rng, witness, made):
    """Train, change and branch until a random moment, whatever is going on then."""
    view = View(columns=10, points=2, all_parameters=True, ghost=rng.random() < 0.3)
    opening = Open(made, SentTable.of(THERMOMETER), view, Source("kills", "/kills.csv"))
    witness.asked.append(opening)
    witness.note(engine.asked(opening))
    # Now and then it trains so long, and nothing else, that something is owed for its age alone.
    long = rng.random() < 0.06
    end = time.monotonic() + (rng.uniform(1.2, 1.8) if long else 0.4 * rng.random() ** 2)
    while (left := end - time.monotonic()) > 0:
        for request in requests(rng, 0 if long else witness.last.epoch):
            engine.send(request)
            witness.asked.append(request)
        while witness.asked:
            if not (answer := engine.answer(max(0, end - time.monotonic()))):
                assert time.monotonic() >= end, "the engine ended by itself"
                return
            witness.note(answer)
        if long:
            select.select([], [], [], min(0.1, left))


def kill(engine, rng, way, witness):
    """Kill the engine, the app or both; what was answered until then is noted."""
    if way != "app":
        if way == "both" and rng.random() < 0.5:
            engine.send_part(ChangeSettings({"training.lr": 0.5}), rng.random())
        engine.kill()
        if way == "engine":
            while witness.asked and (answer := engine.answer()):
                witness.note(answer)
        engine.close()
        engine.wait()
        return
    if rng.random() < 0.5:
        engine.send_part(ChangeSettings({"training.lr": 0.5}), rng.random())
    engine.close()
    engine.wait()


def go_on(engine, witness, made):
    """Return what a new engine offers, and its frame of the run that was cut off, if any."""
    sent, view = SentTable.of(THERMOMETER), View(columns=10, points=2, all_parameters=True)
    offered = engine.asked(Open(made, sent, view)).frame.cut_off
    if not offered:
        return None, None
    reopened = engine.asked(OpenRun(offered.id, view))
    assert not isinstance(reopened, Refused), reopened.reason
    assert (reopened.recipe, reopened.frame.run) == (made, offered.id)
    assert reopened.frame.epoch == offered.epochs
    return offered, reopened.frame


def check_what_was_answered(home, witness, offered, frame):
    """Compare what there is with what was answered."""
    journal = opened(home)
    runs = {summary.id: summary for summary in journal.read.summaries()}
    changes = {run: journal.read.changes(run) for run in runs}
    stops = {run: journal.read.record(run).early_stops for run in runs}
    journal.close()
    last = witness.last
    for run, epochs in witness.owed(offered and offered.id).items():
        assert epochs == 0 or run in runs, f"run {run} of {epochs} epochs is lost"
        assert epochs == 0 or runs[run].epochs >= epochs, f"run {run} has lost epochs"
    for run, (parent, epoch) in witness.parents.items():
        assert run is None or (runs[run].parent, runs[run].parent_epoch) == (parent, epoch)
    for run, seen in witness.runs.items():
        if run != last.run:
            # What was branched from is whole.
            assert (runs[run].state, runs[run].epochs) == ("left", epochs_of(seen))
            assert changes[run] == seen.changes
    if offered:
        assert came_of(last, [*witness.asked], runs[offered.id], frame.changes)
    else:
        # Going back to the first weights begins a run that isn't there before its first epoch.
        back = any(isinstance(request, Rewind | Branch) for request in witness.asked)
        # One that was stopped early has ended: it is left when the app is gone.
        stopped = [stop.epoch for stop in stops.get(last.run, ())][-1:]
        ended = last.run in runs and stopped == [runs[last.run].epochs]
        assert back or ended or last.run is None, f"run {last.run} was not offered"


def came_of(last, unanswered, run, changes):
    """Tell whether `run` is the one answered last, or came of what wasn't answered any more."""
    kinds = {type(request) for request in unanswered}
    known = last.changes
    if run.id != last.run and last.run is not None:
        until = [change for change in known if change.epoch <= run.parent_epoch + 1]
        taken_back = [change for change in known if change.epoch <= run.parent_epoch]
        right = changes in (until, taken_back)
        return bool(kinds & {Branch, Rewind}) and run.parent == last.run and right
    ways = [known]
    if ChangeSettings in kinds:
        epoch = max((change.epoch for change in changes), default=0)
        new = [change for change in known if change.epoch != epoch]
        # Another change, one with that before the same epoch, or both cancelled out.
        ways += [[*new, *changes[-1:]], [c for c in known if c.epoch <= epochs_of(last)]]
    return changes in ways


def check_bits(engine, rng, made, home, frame):
    """Go on, and compare all of it with a run lived straight through."""
    changes = {change.epoch: dict(change.after) for change in frame.changes}
    straight = lived(Run(made, THERMOMETER), frame.epoch, changes, ())
    same_as(straight, frame)
    journal = opened(home)
    losses = journal.read.losses(frame.run, frame.epoch)
    journal.close()
    for kept, history in ((losses.train, straight.train_losses), (losses.val, straight.val_losses)):
        assert [*memoryview(kept).cast("f")] == recorded(history)
    end = frame.epoch + rng.randint(1, 80)
    while frame.epoch < end:
        frame = engine.asked(Advance(end - frame.epoch)).frame
    lived(straight, end, {}, ())
    same_as(straight, frame)


def same_as(run, frame):
    assert frame.epoch == run.epoch
    assert frame.parameters == run.weights.tolist(), "other weights"
    unit = run.data.loss_unit
    assert frame.train_loss == run.train_losses.last * unit
    assert frame.val_loss == run.val_losses.last * unit
    assert (frame.changes, frame.best_epoch) == (run.changes, run.best.epoch)
    assert frame.early_stop == run.early_stop


def one_round(seed, real):
    """Return what a round came to."""
    rng = random.Random(seed)
    way, made, witness = rng.choice(WAYS), rng.choice(RECIPES), Witness()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = Engine(home, real)
        live(engine, rng, witness, made)
        kill(engine, rng, way, witness)
        engine = Engine(home, real)
        offered, frame = go_on(engine, witness, made)
        check_what_was_answered(home, witness, offered, frame)
        counts = {f"{way} killed": 1, "answers": len(witness.frames)}
        counts["branches"] = len(witness.parents)
        counts["changes"] = sum(len(seen.changes) for seen in witness.runs.values())
        if offered:
            check_bits(engine, rng, made, home, frame)
            counts["gone on with"] = 1
            seen = witness.runs.get(offered.id, frame)
            counts["epochs trained again"] = max(0, epochs_of(seen) - offered.epochs)
        engine.asked(Leave())
        engine.close()
        assert engine.wait() == 0
        journal = opened(home)
        assert {summary.state for summary in journal.read.summaries()} <= {"left"}
        journal.close()
        return counts


def apart(seed, real):
    """Return what a round in a process of its own came to; None where it failed.

    Only there may a gradient be asked of PyTorch: after that it can't be forked any more.
    """
    told, tell = os.pipe()
    if not (process := os.fork()):
        try:
            os.write(tell, json.dumps(one_round(seed, real)).encode())
        except BaseException:  # noqa: BLE001 - whatever it is, this process ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        counts = pipe.read()
    return json.loads(counts) if os.waitpid(process, 0)[1] == 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--real", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    total, begun = Counter(), time.monotonic()
    for number in range(given.rounds):
        counts = apart(given.seed + number, real=number < given.real)
        if counts is None:
            print(f"round {number} failed: --seed {given.seed + number} --rounds 1 repeats it")
            return 1
        total.update(counts)
    told = ", ".join(f"{name} {count}" for name, count in sorted(total.items()))
    print(f"{given.rounds} rounds in {time.monotonic() - begun:.1f} s: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
