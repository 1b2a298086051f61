"""Processes: how a model declares them, how a step begins, and what a property may ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from utcheck.errors import ModelError
from utcheck.model.records import Binding, Record

Fairness = Literal["weak", "strong", "none"]
Body = Callable[..., Iterator[Any]]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class When:
    """The start of a step that is enabled only where `condition` is true."""

    condition: Callable[[], Any]
    label: str


def when(condition: Callable[[], Any], label: str) -> When:
    """Return the start of a step that is enabled only where `condition` is true.

    `condition` takes no arguments and has no effects; `label` names the step.

    Raises:
        ModelError: if the condition cannot be called, or the label is not a string.
    """
    if not callable(condition):
        raise ModelError(f"when({condition!r}, ...): the condition must be a function, as in "
                         "`when(lambda: self.ready, ...)`")  # fmt: skip
    if not isinstance(label, str):
        raise ModelError(f"when(..., {label!r}): the label must be a string")
    return When(condition, label)


class ProcessDeclaration:
    """A process of a model, or a family of them; in a run its name stands for a handle."""

    def __init__(
        self,
        function: Body,
        each: str | int | None = None,
        fair: bool | Literal["strong"] = True,
        daemon: bool = False,
    ) -> None:
        """Keep the generator function and the options of `process`."""
        self.function = function
        self.each = each
        self.fairness: Fairness = "strong" if fair == "strong" else "weak" if fair else "none"
        self.daemon = daemon
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def with_function(self, function: Body) -> ProcessDeclaration:
        """Return the declaration for a method that overrides this one."""
        fair: bool | Literal["strong"] = (
            "strong" if self.fairness == "strong" else self.fairness == "weak"
        )
        return ProcessDeclaration(function, self.each, fair, self.daemon)

    @overload
    def __get__(self, record: None, owner: type) -> ProcessDeclaration: ...
    @overload
    def __get__(self, record: Record, owner: type) -> Any: ...
    def __get__(self, record: Record | None, owner: type) -> Any:
        """Return the handle of the process in the run of `record`."""
        if record is None:
            return self
        binding, _ = record.utcheck_bound(self.name)
        if self.each is None:
            return ProcessHandle(binding, record, self)
        return FamilyHandle(binding, record, self)


class ProcessHandle:
    """What a property may ask of one process: `at(label)`, `done` and `enabled`."""

    def __init__(
        self, binding: Binding, record: Record, declaration: ProcessDeclaration, position: int = 0
    ) -> None:
        """Stand for the process at `position` of what the declaration declares."""
        self._binding = binding
        self._record = record
        self._declaration = declaration
        self._position = position

    @property
    def _number(self) -> int:
        return self._binding.instances(self._declaration.name)[self._position]

    def at(self, *labels: str) -> bool:
        """Return whether the next step of the process is one of those named."""
        return self._binding.locate(self._number).label in labels

    @property
    def done(self) -> bool:
        """Whether the process has ended."""
        return self._binding.locate(self._number).label is None

    @property
    def enabled(self) -> bool:
        """Whether the process can take its next step."""
        return self._binding.enabled(self._number)

    def __call__(self, *arguments: Any) -> Iterator[Any]:
        """Return the body of the process, for `yield from super().p()` in an override."""
        return self._declaration.function(self._record, *arguments)


class FamilyHandle:
    """A family of processes in a property: indexed, measured and iterated like a list."""

    def __init__(self, binding: Binding, record: Record, declaration: ProcessDeclaration) -> None:
        """Stand for all processes of the declaration."""
        self._binding = binding
        self._record = record
        self._declaration = declaration

    def __len__(self) -> int:
        """Return the number of processes."""
        return len(self._binding.instances(self._declaration.name))

    def __getitem__(self, position: int) -> ProcessHandle:
        """Return the handle of one process; a negative position counts from the end."""
        size = len(self)
        if isinstance(position, bool) or not isinstance(position, int):
            name = self._declaration.name
            self._binding.refuse(f"'{name}' is indexed with {position!r}; an index is an integer")
        if not -size <= position < size:
            name = self._declaration.name
            self._binding.refuse(f"'{name}' has {size} processes; {name}[{position}] is none")
        return ProcessHandle(self._binding, self._record, self._declaration, position)

    def __iter__(self) -> Iterator[ProcessHandle]:
        """Iterate over the processes in their order."""
        return (self[position] for position in range(len(self)))

    def __call__(self, *arguments: Any) -> Iterator[Any]:
        """Return the body of one process, for `yield from super().vm(i)` in an override."""
        return self._declaration.function(self._record, *arguments)


@overload
def process(function: Body, /) -> ProcessDeclaration: ...
@overload
def process(
    *,
    each: str | int | None = None,
    fair: bool | Literal["strong"] = True,
    daemon: bool = False,
) -> Callable[[Body], ProcessDeclaration]: ...
def process(
    function: Body | None = None,
    /,
    *,
    each: str | int | None = None,
    fair: bool | Literal["strong"] = True,
    daemon: bool = False,
) -> Any:
    """Declare a generator method of a model as a sequential process.

    With `each`, an array's or a parameter's name or a number, there is one process per index, and
    the method takes the index: `def vm(self, i)`. `fair` is True for weakly fair, `"strong"` or
    False. A `daemon` may wait for ever without that being a deadlock.

    Raises:
        ModelError: if `fair` is none of these.
    """
    if fair not in (True, False, "strong"):
        raise ModelError(f"process(fair={fair!r}): fair is True, False or 'strong'")

    def declare(body: Body) -> ProcessDeclaration:
        return ProcessDeclaration(body, each, fair, daemon)

    return declare if function is None else declare(function)


def invariant(method: Method) -> Method:
    """Declare a method of a model that must be true in every reachable state."""
    method._utcheck_mark = "invariant"  # type: ignore[attr-defined]
    return method


def predicate(method: Method) -> Method:
    """Declare a method of a model as a named state predicate for specs."""
    method._utcheck_mark = "predicate"  # type: ignore[attr-defined]
    return method
