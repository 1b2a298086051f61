"""Ready parts: a lock, a semaphore, a channel and an event, as records with generator methods.

An operation that may have to wait is a step of its own: `yield from self.lock.acquire("lock")`. One
that never waits is part of the step in which it stands, `self.lock.release()`, or a step of its
own where it is given a label: `yield from self.lock.release("unlock")`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from utcheck.errors import ModelError
from utcheck.model.process import When, when
from utcheck.model.records import Owner, Struct

Steps = Generator[str | When, None, Any]


def _now_or_as_step(operation: Callable[[], None], label: str | None) -> Iterable[str]:
    """Do it in the running step, or return the subroutine that does it in a step of its own."""
    if label is None:
        operation()
        return ()
    return _as_step(operation, label)


def _as_step(operation: Callable[[], None], label: str) -> Generator[str, None, None]:
    yield label
    operation()


class Lock(Struct):
    """A mutual exclusion lock that knows its owner, the name of a process."""

    owner: Owner = None

    def acquire(self, label: str = "acquire") -> Steps:
        """Wait until the lock is free, and take it."""
        yield when(lambda: self.owner is None, label)
        self.owner = self.utcheck_process()

    def try_acquire(self, label: str = "try_acquire") -> Steps:
        """Take the lock if it is free, and return whether it was."""
        yield label
        if self.owner is not None:
            return False
        self.owner = self.utcheck_process()
        return True

    def release(self, label: str | None = None) -> Iterable[str]:
        """Give the lock back; it is a failure if the process does not hold it."""
        return _now_or_as_step(self._release, label)

    def _release(self) -> None:
        process, owner = self.utcheck_process(), self.owner
        if owner != process:
            holder = "nobody holds it" if owner is None else f"{owner} holds it"
            raise AssertionError(f"{process} releases {self!r}, but {holder}")
        self.owner = None

    @property
    def locked(self) -> bool:
        """Whether some process holds the lock."""
        return self.owner is not None


class Semaphore(Struct):
    """A counting semaphore; `Semaphore(2)` begins with the count 2."""

    count: int = 1

    def __init__(self, count: int = 1) -> None:
        """Begin with a count."""
        super().__init__(count=count)

    def acquire(self, label: str = "acquire") -> Steps:
        """Wait until the count is positive, and decrement it."""
        yield when(lambda: self.count > 0, label)
        self.count -= 1

    def release(self, label: str | None = None) -> Iterable[str]:
        """Increment the count."""
        return _now_or_as_step(self._release, label)

    def _release(self) -> None:
        self.count += 1


class Channel(Struct):
    """A bounded first-in first-out channel; `Channel(2)` holds at most two values.

    The capacity may be a parameter's name.
    """

    items: tuple[Any, ...] = ()
    capacity: int  # a constant of the channel, not a shared variable

    utcheck_constants = ("capacity",)

    def __init__(self, capacity: int | str = 1) -> None:
        """Describe an empty channel."""
        super().__init__()
        if not isinstance(capacity, str) and capacity < 1:
            raise ModelError(f"Channel({capacity!r}): a channel holds at least one value")
        self.__dict__["capacity"] = capacity

    @classmethod
    def check_constants(cls, path: str, constants: Mapping[str, int]) -> None:
        """Refuse a capacity that leaves no room."""
        if constants["capacity"] < 1:
            raise ModelError(f"'{path}' has the capacity {constants['capacity']}; a channel holds "
                             "at least one value")  # fmt: skip

    def send(self, value: Any, label: str = "send") -> Steps:
        """Wait until there is room, and append a value."""
        yield when(lambda: len(self.items) < self.capacity, label)
        self.items = (*self.items, value)

    def receive(self, label: str = "receive") -> Steps:
        """Wait until there is a value, remove the oldest one and return it."""
        yield when(lambda: len(self.items) > 0, label)
        value, *rest = self.items
        self.items = tuple(rest)
        return value

    def __len__(self) -> int:
        """Return how many values are in the channel."""
        return len(self.items)

    def __bool__(self) -> bool:
        """Return True: a view is a place, whether the channel is empty or not."""
        return True


class Event(Struct):
    """A flag that processes may wait for; it stays set until it is cleared."""

    is_set: bool = False

    def set(self, label: str | None = None) -> Iterable[str]:
        """Set the flag."""
        return _now_or_as_step(self._set, label)

    def clear(self, label: str | None = None) -> Iterable[str]:
        """Clear the flag."""
        return _now_or_as_step(self._clear, label)

    def wait(self, label: str = "wait") -> Steps:
        """Wait until the flag is set."""
        yield when(lambda: self.is_set, label)

    def _set(self) -> None:
        self.is_set = True

    def _clear(self) -> None:
        self.is_set = False
