"""The engine in a process of its own, so that training never keeps a key waiting.

The child's standard input and output carry messages and nothing else; what it prints goes to a
log. It ends when its input does, so it never outlives the app.
"""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from pathlib import Path
from typing import NamedTuple

from tempfit_tui.engine.door import Door
from tempfit_tui.engine.messages import (
    MAX_WAITING,
    PREFIX,
    Answer,
    AnyRequest,
    Leave,
    Open,
    OpenRun,
    WireError,
    answer_of,
    length_of,
    packed,
)
from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError
from tempfit_tui.engine.silence import LOOK_SECONDS, Silence, is_suspended

COMMAND = (sys.executable, "-P", "-m", "tempfit_tui.engine")
GRACE_SECONDS = 2.0
"""How long a child may take to end by itself."""
LOG_LIMIT = 2**20
"""A log longer than this begins anew, in bytes."""


class _Owed(NamedTuple):
    """An answer that the child owes."""

    request: AnyRequest
    answer: asyncio.Future[Answer]


class ChildEngine(Door):
    """An Engine in a child process, started by `open` and started again by it after a death."""

    def __init__(self, log: Path | None = None, command: tuple[str, ...] = COMMAND) -> None:
        self._log = log
        self._command = command
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._owed: deque[_Owed] = deque()
        self._silence = Silence()
        self._death = "the engine was not started"
        self._untold = False
        """Whether a death is still to be told to whoever waits for a silence."""
        self._killed_for, self._unwanted = "", False
        self._log_start = 0

    @property
    def process_id(self) -> int | None:
        """The child's, while it lives."""
        return self._process.pid if self._process else None

    async def _answer(self, request: AnyRequest) -> Answer:
        if self._process is None and isinstance(request, Open | OpenRun):
            await self._start()
        if self._process is None or self._process.stdin is None:
            raise EngineDiedError(self._death)
        if len(self._owed) >= MAX_WAITING:
            raise EngineRefusedError("too much is asked at once; wait for the engine")
        try:
            message = packed(request)
        except WireError as error:
            raise EngineRefusedError(str(error)) from error
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._owed.append(_Owed(request, answer))
        # If the child is gone, the reading task says so to whoever waits.
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(message)
            await self._process.stdin.drain()
        return await answer

    async def _start(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        log = self._open_log()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL if log is None else log,
                env=environment,
                # Out of the terminal's reach: the app alone decides when it ends.
                start_new_session=True,
            )
        except OSError as error:
            self._death = f"the engine can't be started: {error.strerror}"
            raise EngineDiedError(self._death) from error
        finally:
            if log is not None:
                os.close(log)
        self._silence = Silence()
        self._killed_for, self._unwanted = "", False
        self._reading = asyncio.create_task(self._read(self._process))

    def _open_log(self) -> int | None:
        """Return a descriptor to append to, or None where there is no place for a log."""
        if self._log is None:
            return None
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
                self._log.unlink()
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._log_start = os.fstat(log).st_size
        except OSError:
            return None
        return log

    async def _read(self, process: Process) -> None:
        """Hand each answer to whoever waits for it, until the child ends."""
        assert process.stdout is not None
        try:
            while True:
                length = length_of(await process.stdout.readexactly(PREFIX))
                self._hand_on(answer_of(await process.stdout.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except WireError as error:
            # What comes after it can't be read either; it is taken, for the pipe to end.
            self._kill(f"it answered what can't be read ({error})")
            while await process.stdout.read(2**16):
                pass
        await self._end(process)
        self._mourn(self._killed_for or self._reason(process.returncode))

    def _hand_on(self, answer: Answer) -> None:
        if not self._owed:
            raise WireError("nothing was asked")
        owed = self._owed.popleft()
        self._silence.broken(owed.request)
        if not owed.answer.done():
            owed.answer.set_result(answer)

    def _mourn(self, reason: str) -> None:
        self._death = f"the engine stopped: {reason}"
        self._process, self._untold = None, not self._unwanted
        while self._owed:
            owed = self._owed.popleft()
            if not owed.answer.done():
                owed.answer.set_exception(EngineDiedError(self._death))

    def _reason(self, code: int | None) -> str:
        if code is not None and code < 0:
            return f"it was killed by signal {-code}"
        last = self._last_words()
        return f"{last} (exit {code})" if last else f"it ended by itself (exit {code})"

    def _last_words(self) -> str:
        """Return the last line that the child wrote to its log."""
        if self._log is None:
            return ""
        try:
            with self._log.open("rb") as log:
                log.seek(max(self._log_start, self._log.stat().st_size - 4096))
                lines = log.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        words = [line.strip() for line in lines if line.strip()]
        return words[-1][:200] if words else ""

    async def silence(self, known: str) -> str:
        """Wait until there is something else than `known` to say of its silence; return that."""
        while self._silence.words == known:
            if self._untold:
                self._untold = False
                raise EngineDiedError(self._death)
            await asyncio.sleep(LOOK_SECONDS)
            owed = self._owed[0].request if self._owed else None
            process = self._process
            self._silence.look(owed, process is not None and is_suspended(process.pid))
        return self._silence.words

    async def kill(self, why: str) -> None:
        """End the child at once, whatever it is at."""
        self._unwanted = True
        self._kill(why)
        if self._reading:
            await asyncio.wait([self._reading])

    def _kill(self, why: str) -> None:
        if self._process:
            self._killed_for = self._killed_for or why
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def close(self, *, left: bool = True) -> None:
        """End the child: by the end of its input, and where that is not enough by force."""
        process, reading = self._process, self._reading
        if process is None or reading is None:
            return
        self._unwanted = True
        if self._silence.words or is_suspended(process.pid):
            self._kill("it was silent when it was left")
        elif left:
            try:
                await asyncio.wait_for(self._answer(Leave()), GRACE_SECONDS)
            except EngineDiedError:
                pass
            except (EngineRefusedError, TimeoutError):
                self._kill("it was busy when it was left")
        await self._end(process)
        await reading

    @staticmethod
    async def _end(process: Process) -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
