"""Kills the engine, the app, or both at random moments, and sees that nothing is lost.

PyTorch is loaded once: each engine is a fork of this process, at the other end of two pipes. An
app that is killed is an end of these pipes, in the middle of a message too.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import torch
from helpers import SCALED, SECTION_6, THERMOMETER, TURNING, recipe

import tempfit_tui.engine.__main__ as engine_process
from tempfit_tui.engine.host import Host
from tempfit_tui.engine.messages import (
    PREFIX,
    Advance,
    Branch,
    ChangeSettings,
    LookBack,
    Open,
    OpenRun,
    Rewind,
    SentTable,
    Shown,
    answer_of,
    length_of,
    packed,
)
from tempfit_tui.frame import View
from tempfit_tui.record import Source
from tempfit_tui.training.run import Run

RUNS = {
    "line": SECTION_6,
    "momentum and noise": {**SCALED, "training__momentum": 0.9, "input_noise__sigma": 0.1},
    "adam, dropout, batches": {
        **TURNING,
        "model__dropout": 0.2,
        "training__batch_size": 4,
    },
    "patience": {**TURNING, "training__patience": 40},
}
CHANGES = [
    {"training.lr": 0.003},
    {"training.lr": 0.002, "penalty.l2": 0.01},
    {"training.optimizer": "adam"},
    {"training.optimizer": "rmsprop"},
    {"input_noise.sigma": 0.05},
    {"training.batch_size": 3},
    {"training.patience": 60},
    {"training.gradient": "analytic"},
]
VICTIMS = ("engine", "app", "both")
SOURCE = Source("a run", "/nowhere/thermometer.csv")
VIEW = View(columns=10, points=2)


class Engine:
    """An engine's process and this end of its pipes."""

    def __init__(self, home):
        to_engine, self._out = os.pipe()
        self._in, from_engine = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.environ["TEMPFIT_HOME"] = str(home)
            os.dup2(to_engine, 0)
            os.dup2(from_engine, 1)
            os.close(self._out)
            os.close(self._in)
            engine_process.main()
            os._exit(0)
        os.close(to_engine)
        os.close(from_engine)

    def ask(self, request):
        """Return the frame that answers `request`; None where there comes none any more."""
        try:
            os.write(self._out, packed(request))
            answer = answer_of(self._read(length_of(self._read(PREFIX))))
        except (BrokenPipeError, EOFError):
            return None
        return answer.frame if isinstance(answer, Shown) else "refused"

    def _read(self, count):
        read = b""
        while len(read) < count:
            if not (piece := os.read(self._in, count - len(read))):
                raise EOFError
            read += piece
        return read

    def drop(self, half_said):
        """End the pipes in the middle of a message."""
        message = packed(half_said)
        with contextlib.suppress(BrokenPipeError):
            os.write(self._out, message[: len(message) // 2])
        os.close(self._out)
        os.close(self._in)


class Lived:
    """What was answered before the kill."""

    def __init__(self):
        self.changes, self.run, self.frames = [], None, []

    def take(self, frame, now):
        if frame.run != self.run:
            self.run, self.frames = frame.run, []
        self.changes = frame.changes
        self.frames.append((now, frame.epoch if frame.present is None else frame.present))


def live(engine, settings, victim, chance, longest):
    """Train, change, look back and branch until the kill; return what was answered, and when."""
    end = time.monotonic() + chance.uniform(0.05, longest)
    killer = threading.Timer(end - time.monotonic(), os.kill, (engine.pid, signal.SIGKILL))
    lived = Lived()
    if victim != "app":
        killer.start()
    request = Open(recipe(**settings), SentTable.of(THERMOMETER), VIEW, SOURCE)
    while (frame := engine.ask(request)) is not None:
        if frame != "refused":
            lived.take(frame, time.monotonic())
        if victim == "app" and time.monotonic() > end:
            break
        kind = chance.random()
        if kind < 0.8:
            request = Advance(None, chance.uniform(0.001, 0.05))
        elif kind < 0.93:
            request = ChangeSettings(chance.choice(CHANGES))
        else:
            back = LookBack(chance.randrange(1, 500))
            request = chance.choice([back, Branch(), Rewind("best"), Rewind("before-change")])
    killer.cancel()
    return lived, time.monotonic()


def one(home, name, victim, chance, longest):
    """Live, be killed and go on; return what is wrong, "" for nothing, and whether it went on."""
    engine = Engine(home)
    lived, killed = live(engine, RUNS[name], victim, chance, longest)
    if victim in ("engine", "both"):
        os.kill(engine.pid, signal.SIGKILL)
    engine.drop(Advance(10))
    os.waitpid(engine.pid, 0)

    host = Host(home)
    opened = host.answer(Open(recipe(), SentTable.of(THERMOMETER), VIEW, SOURCE)).frame
    # What a second has passed since has to be there, and each change as soon as it is answered.
    due = [epoch for at, epoch in lived.frames if victim == "app" or killed - at > 1]
    if lived.changes:
        due.append(lived.changes[-1].epoch - 1)
    if opened.cut_off is None:
        host.close()
        return ("" if not any(due) else f"not offered, epoch {max(due)}"), False
    if opened.cut_off.id != lived.run and lived.run and any(due):
        return f"run {opened.cut_off.id} is offered, {lived.run} was lived", False
    found = host.answer(OpenRun(opened.cut_off.id, VIEW)).frame
    if any(epoch > found.epoch for epoch in due):
        return f"epoch {found.epoch} is there, {max(due)} was due", False
    missing = [made for made in lived.changes if made not in found.changes]
    if missing and opened.cut_off.id == lived.run:
        return f"changes are missing: {missing}", False
    on = host.answer(Advance(60)).frame
    host.leave()
    wrong = straight(host._journal, opened.cut_off.id, on.epoch)
    host.close()
    return wrong, True


def straight(journal, run_id, epochs):
    """Return how the run differs from one that nobody killed; "" where it doesn't."""
    record, kept = journal.read.record(run_id), journal.read.losses(run_id, epochs)
    run = Run(record.recipe, record.table)
    run.relive(record.changes, epochs)
    if (run.epoch, record.epochs) != (epochs, epochs):
        return f"{record.epochs} epochs are kept, {run.epoch} lived again, {epochs} were lived"
    for losses, bits in ((run.train_losses, kept.train), (run.val_losses, kept.val)):
        again = losses.since(0)
        there = torch.frombuffer(bytearray(bits), dtype=torch.float32) if bits else again[:0]
        same = again == there if len(again) == len(there) else torch.tensor([False])
        if not bool((same | again.isnan()).all()):
            return f"other losses from epoch {int((~same).nonzero()[0]) + 1} on"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds until a kill")
    options = parser.parse_args()
    torch.set_num_threads(1)
    faults = went_on = 0
    for number in range(options.rounds):
        chance = random.Random(f"{options.seed} {number}")
        name, victim = chance.choice(list(RUNS)), VICTIMS[number % len(VICTIMS)]
        home = Path(tempfile.mkdtemp())
        wrong, on = one(home, name, victim, chance, options.longest)
        shutil.rmtree(home)
        went_on += on
        if wrong:
            faults += 1
            print(f"round {number}, {name}, {victim} killed: {wrong}", flush=True)
    print(f"{options.rounds} kills, {went_on} runs gone on with, {faults} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
