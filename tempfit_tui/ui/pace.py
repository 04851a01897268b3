"""How fast training goes: epochs a second as they were seen of late."""

from collections import deque

RATE_SECONDS = 1.0
"""The live rate is measured over so long, where there are frames enough."""
RATE_FRAMES = 4


class Pace:
    """When which epoch was seen."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=200)

    def clear(self) -> None:
        """Begin anew, as where training was not under way."""
        self._seen.clear()

    def note(self, now: float, epoch: int) -> None:
        """Note that `epoch` was seen `now`."""
        self._seen.append((now, epoch))

    @property
    def rate(self) -> float | None:
        """The epochs a second of late; None where there is too little to tell."""
        now, epoch = self._seen[-1]
        while len(self._seen) > RATE_FRAMES and now - self._seen[0][0] > RATE_SECONDS:
            self._seen.popleft()
        began, first = self._seen[0]
        return (epoch - first) / (now - began) if len(self._seen) > 2 and now > began else None
