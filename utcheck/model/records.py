"""Records: how `self.engine[i].stop` in a model reaches a shared variable of the run.

A model and every `Struct` in it are records. A declared name is a `Variable`, a descriptor that
looks up the *node* of that name (a shared variable, a record or an array) and hands it to the
run. A view of a record holds nothing but the run and its node, so views are values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, NoReturn, Protocol, TypeVar, cast, overload

from utcheck.errors import ModelError

T = TypeVar("T")


class _Unset:
    def __repr__(self) -> str:
        return "(no initial value)"


UNSET = _Unset()


class ProcessName:
    """The mark of a variable that holds the name of a process; its domain is all names and None."""


Owner = Annotated[Any, ProcessName]


@dataclass(frozen=True, slots=True)
class Leaf:
    """The node of a shared variable; `index` is its position in a state."""

    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Fields:
    """The node of a record: its class, a node for each declared name, and its constants."""

    path: str
    record: type[Record]
    constants: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    children: dict[str, Node] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Elements:
    """The node of an array: one node per element."""

    path: str
    children: tuple[Node, ...] = field(hash=False, compare=False)


Node = Leaf | Fields | Elements


class Binding(Protocol):
    """What a record, or a handle of a process, needs of the run that it belongs to."""

    def read(self, index: int) -> Any:
        """Return the value of a shared variable."""

    def write(self, index: int, value: Any) -> None:
        """Set a shared variable."""

    def choose(self, options: tuple[Any, ...]) -> Any:
        """Return one of the options; every one is explored."""

    def emit(self, name: str, values: tuple[Any, ...]) -> None:
        """Put an event on the step."""

    def process(self) -> str:
        """Return the name of the process whose step is running."""

    def instances(self, name: str) -> Sequence[int]:
        """Return the numbers of the processes that a declaration stands for."""

    def locate(self, process: int) -> Locus:
        """Return where a process is."""

    def enabled(self, process: int) -> bool:
        """Return whether the next step of a process is enabled."""

    def refuse(self, message: str) -> NoReturn:
        """Raise the model error that says which rule was broken."""


class Locus(Protocol):
    """Where a process is: its label, None once it has ended, and the condition of its next step."""

    @property
    def label(self) -> str | None:
        """The label of the step that starts here."""

    @property
    def guard(self) -> Callable[[], Any] | None:
        """The condition under which that step is enabled, if it has one."""


class Variable:
    """A declared name of a record: its annotation, its initial value and the declaring class."""

    def __init__(self, name: str, annotation: Any, default: Any, owner: type[Record]) -> None:
        """Keep the declaration; `annotation` may be an `ArrayDeclaration`."""
        self.name = name
        self.annotation = annotation
        self.default = default
        self.owner = owner

    def __get__(self, record: Record | None, owner: type) -> Any:
        """Return the value of the variable in the run, or the declaration itself for a class."""
        if record is None:
            return self
        binding, node = record.utcheck_bound(self.name)
        return value_of(binding, node.children[self.name])

    def __set__(self, record: Record, value: Any) -> None:
        """Set the variable in the run."""
        binding, node = record.utcheck_bound(self.name)
        target = node.children[self.name]
        if not isinstance(target, Leaf):
            binding.refuse(f"'{target.path}' is not a single variable; assign to its parts")
        binding.write(target.index, value)


def value_of(binding: Binding, node: Node) -> Any:
    """Return what a model sees at a node: a value, a view of a record, or a view of an array."""
    match node:
        case Leaf():
            return binding.read(node.index)
        case Fields():
            return bind(node.record, binding, node)
        case Elements():
            return Array(binding, node)


class Record:
    """Base class of `Model` and `Struct`: a class whose declared names are shared variables."""

    utcheck_variables: ClassVar[dict[str, Variable]] = {}
    _utcheck_binding: Binding | None
    _utcheck_node: Fields | None

    @classmethod
    def check_constants(cls, path: str, constants: Mapping[str, int]) -> None:
        """Refuse constants of the record at `path` that make no sense, once they are known."""

    def utcheck_bound(self, name: str) -> tuple[Binding, Fields]:
        """Return the run and the node of this record; outside a run there are no values."""
        binding, node = self.__dict__.get("_utcheck_binding"), self.__dict__.get("_utcheck_node")
        if binding is None or node is None:
            raise ModelError(f"the shared variable '{name}' has a value only inside a run")
        return binding, node

    def choose(self, *options: T) -> T:
        """Return one of `options` inside a step; every one of them is explored."""
        return cast(T, self.utcheck_bound("choose")[0].choose(options))

    def emit(self, name: str, *values: Any) -> None:
        """Put an event on the step, for traces, properties and comparisons of two models."""
        self.utcheck_bound("emit")[0].emit(name, values)

    def utcheck_process(self) -> str:
        """Return the name of the process whose step is running."""
        return self.utcheck_bound("process")[0].process()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a declared variable; anything else would be state that a checker cannot see."""
        if _is_declared(type(self), name):
            object.__setattr__(self, name, value)
            return
        kind = type(self).__name__
        message = f"'{name}' is not a declared variable of {kind}; annotate it in the class"
        binding = self.__dict__.get("_utcheck_binding")
        if binding is None:
            raise ModelError(message)
        binding.refuse(message)

    def __delattr__(self, name: str) -> None:
        """Refuse: a shared variable exists in every state."""
        message = f"'{name}' cannot be deleted; a shared variable exists in every state"
        binding = self.__dict__.get("_utcheck_binding")
        if binding is None:
            raise ModelError(message)
        binding.refuse(message)


def _is_declared(record: type[Record], name: str) -> bool:
    """Return whether a name is a variable of a record; no code of the class is run for it."""
    for kind in record.__mro__:
        if name in kind.__dict__:
            return isinstance(kind.__dict__[name], Variable)
    return False


RecordT = TypeVar("RecordT", bound=Record)


def bind(record: type[RecordT], binding: Binding, node: Fields) -> RecordT:
    """Return a view of the record at `node` in a run."""
    view = object.__new__(record)
    view.__dict__.update(node.constants, _utcheck_binding=binding, _utcheck_node=node)
    return view


class Struct(Record):
    """A record of shared variables; subclass it and annotate its fields.

    `class Engine(Struct): stop: bool = False` may then be used as `engine = array(Engine, 2)`, or
    alone as `engine: Engine` or `engine = Engine(stop=True)`. In a run, `self.engine[i]` is a view:
    a value that names the place, equal to every other view of the same place.
    """

    def __init__(self, **initial: Any) -> None:
        """Describe a record whose named fields have other initial values than the class says."""
        for name in initial:
            if name not in type(self).utcheck_variables:
                raise ModelError(f"{type(self).__name__} has no field '{name}'")
        self.__dict__["utcheck_initial"] = initial

    def __init_subclass__(cls, **options: Any) -> None:
        """Collect the fields that the class declares."""
        super().__init_subclass__(**options)
        from utcheck.model.declare import declare_variables  # the two modules need each other

        declare_variables(cls)

    @property
    def utcheck_path(self) -> str:
        """The name of the place that this view stands for; empty for one outside a run."""
        node = self.__dict__.get("_utcheck_node")
        return node.path if node is not None else ""

    def __eq__(self, other: object) -> bool:
        """Return whether both views name the same place."""
        if not isinstance(other, Struct) or not self.utcheck_path:
            return self is other
        return self.utcheck_path == other.utcheck_path

    def __hash__(self) -> int:
        """Return a hash of the place."""
        return hash(self.utcheck_path)

    def __repr__(self) -> str:
        """Return the name of the place."""
        return self.utcheck_path or f"{type(self).__name__}(...)"


class Array(Generic[T]):
    """A view of an array of shared variables: it is indexed, measured and iterated like a list."""

    __slots__ = ("_binding", "_node")

    def __init__(self, binding: Binding, node: Elements) -> None:
        """View the array at `node`."""
        self._binding = binding
        self._node = node

    @property
    def utcheck_path(self) -> str:
        """The name of the place that this view stands for."""
        return self._node.path

    def _child(self, index: object) -> Node:
        children, path = self._node.children, self._node.path
        if isinstance(index, bool) or not isinstance(index, int):
            self._binding.refuse(f"'{path}' is indexed with {index!r}; an index is an integer")
        if not -len(children) <= index < len(children):
            self._binding.refuse(f"'{path}' has {len(children)} elements; {path}[{index}] is none")
        return children[index]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """Return the value or the view at `index`; a negative one counts from the end."""
        if isinstance(index, slice):
            return tuple(value_of(self._binding, node) for node in self._node.children[index])
        return value_of(self._binding, self._child(index))

    def __setitem__(self, index: int, value: T) -> None:
        """Set the element at `index`."""
        node = self._child(index)
        if not isinstance(node, Leaf):
            self._binding.refuse(f"'{node.path}' is not a single variable; assign to its parts")
        self._binding.write(node.index, value)

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self._node.children)

    def __iter__(self) -> Iterator[T]:
        """Iterate; each element is read when it is reached, not before."""
        return ArrayIterator(self)

    def __eq__(self, other: object) -> bool:
        """Return whether both views name the same array; their elements are not compared."""
        if isinstance(other, list | tuple):
            path = self._node.path
            self._binding.refuse(f"'{path}' is a place, not a list; compare tuple({path})")
        return isinstance(other, Array) and self._node.path == other._node.path

    def __hash__(self) -> int:
        """Return a hash of the place."""
        return hash(self._node.path)

    def __repr__(self) -> str:
        """Return the name of the place."""
        return self._node.path


class ArrayIterator(Iterator[T]):
    """Where a loop over an array is; unlike a list's iterator it may be part of a location."""

    __slots__ = ("array", "position")

    def __init__(self, array: Array[T]) -> None:
        """Start before the first element."""
        self.array = array
        self.position = 0

    def __next__(self) -> T:
        """Read the next element."""
        if self.position >= len(self.array):
            raise StopIteration
        self.position += 1
        return self.array[self.position - 1]
