"""Rate limits of two kinds, on any clock."""

from dataclasses import dataclass, field


@dataclass
class TokenBucket:
    """So many calls a second, and some at once after a pause."""

    rate: float
    burst: float
    _level: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._level = self.burst

    def takes(self, now: float) -> bool:
        """Whether a call is taken."""
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        taken = self._level >= 1
        self._level -= taken
        return taken


@dataclass
class FixedWindow:
    """So many calls in each minute of the clock."""

    calls: int
    _minute: int = -1
    _taken: int = 0

    def takes(self, now: float) -> bool:
        """Whether a call is taken."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._taken = minute, 0
        self._taken += 1
        return self._taken <= self.calls
