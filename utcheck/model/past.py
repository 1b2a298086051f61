"""The state before a step, as a view beside that of the state after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from utcheck.model.records import Locus
from utcheck.model.run import Runtime

T = TypeVar("T")


class Past:
    """A binding that reads the old state, and changes nothing."""

    def __init__(self, runtime: Runtime) -> None:
        """Read through this runtime."""
        self._runtime = runtime

    def _before(self, question: Callable[[int], T], number: int) -> T:
        outer, self._runtime.past = self._runtime.past, True
        try:
            return question(number)
        finally:
            self._runtime.past = outer

    def read(self, index: int) -> Any:
        """Return the old value of a shared variable."""
        return self._before(self._runtime.read, index)

    def locate(self, process: int) -> Locus:
        """Return where a process was."""
        return self._before(self._runtime.locate, process)

    def enabled(self, process: int) -> bool:
        """Refuse: the condition of a step is asked in the state in which it is taken."""
        return self._before(self._runtime.enabled, process)

    def write(self, index: int, value: Any) -> None:
        """Refuse to set a shared variable."""
        self._runtime.write(index, value)

    def choose(self, options: tuple[Any, ...]) -> Any:
        """Refuse to choose."""
        return self._runtime.choose(options)

    def emit(self, name: str, values: tuple[Any, ...]) -> None:
        """Refuse to put an event on a step."""
        self._runtime.emit(name, values)

    def process(self) -> str:
        """Refuse: no step is running."""
        return self._runtime.process()

    def instances(self, name: str) -> Sequence[int]:
        """Return the numbers of the processes that a declaration stands for."""
        return self._runtime.instances(name)

    def refuse(self, message: str) -> NoReturn:
        """Raise a model error."""
        self._runtime.refuse(message)
