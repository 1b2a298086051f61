"""Local variables across a `yield`: what tells two values apart, what does not, what is refused."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import functools
import math
import types
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refused
from tests.steps import Steps
from utcheck import Channel, Limits, Model, ModelError, Struct, array, check, param, process


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Flags(enum.Flag):
    A = 1
    B = 2


class Point(NamedTuple):
    x: Any
    y: Any


Other = namedtuple("Other", "x y")


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = field(default=0, compare=False)


@dataclass(frozen=True)
class Cold:
    a: Any


@dataclass
class Thawed:
    a: Any


def double(k: int) -> int:
    return 2 * k


def triple(k: int) -> int:
    return 3 * k


DIFFERENT: dict[str, tuple[Any, Any]] = {
    "numbers": (1, 2),
    "int and bool": (1, True),
    "int and float": (1, 1.0),
    "bool and float": (True, 1.0),
    "int and complex": (1, 1 + 0j),
    "signs of zero": (0.0, -0.0),
    "signs of nan": (math.nan, -math.nan),
    "signs of an imaginary zero": (complex(1, 0.0), complex(1, -0.0)),
    "text and bytes": ("a", b"a"),
    "nothing and nought": (None, 0),
    "nothing and dots": (None, ...),
    "inside a tuple": ((1,), (True,)),
    "deep inside a tuple": ((0, (0.0, ("a",))), (0, (-0.0, ("a",)))),
    "inside a frozenset": (frozenset({1}), frozenset({True})),
    "the order of a frozenset": (frozenset((0, 8)), frozenset((8, 0))),
    "a tuple and a named one": ((1, 2), Point(1, 2)),
    "two kinds of named tuples": (Other(1, 2), Point(1, 2)),
    "inside a named tuple": (Point(1, 2), Point(True, 2)),
    "members of an enum": (Colour.RED, Colour.GREEN),
    "a number and a member": (1, Level.LOW),
    "flags": (Flags.A, Flags.A | Flags.B),
    "inside a frozen dataclass": (Frozen(1), Frozen(1.0)),
    "in a field that is not compared": (Frozen(1, 0), Frozen(1, 2)),
    "two kinds of frozen dataclasses": (Frozen(1), Cold(1)),
    "functions of a module": (double, triple),
    "functions of Python": (len, abs),
    "methods of values": ("a".join, "b".join),
    "classes": (int, bool),
    "modules": (math, types),
    "ranges that are equal": (range(0, 1), range(0, 1, 2)),
    "empty ranges": (range(0), range(5, 5)),
    "decimals": (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    "fractions": (fractions.Fraction(1, 2), fractions.Fraction(1, 3)),
    "times": (datetime.datetime(2009, 4, 1, fold=0), datetime.datetime(2009, 4, 1, fold=1)),
}


def reveal(value: Any) -> str:
    """Return all that a model could ask of a value."""
    if isinstance(value, frozenset):
        return str(list(value))
    if isinstance(value, float) and math.isnan(value):
        return str(math.copysign(1, value))
    return f"{value!r} {getattr(value, 'fold', '')} {getattr(value, 'b', '')}"


class Kept(Two):
    kind: str = param("numbers")

    @process
    def p(self) -> Steps:
        yield "pick"
        k = DIFFERENT[self.kind][self.choose(0, 1)]
        yield "wait"
        self.x = 1 if reveal(k) == reveal(DIFFERENT[self.kind][0]) else 2


@pytest.mark.parametrize("kind", DIFFERENT)
def test_values_that_a_model_can_tell_apart_are_told_apart(kind: str) -> None:
    """5: pick; wait with either value; ends x=1 and x=2."""
    one, other = DIFFERENT[kind]
    assert reveal(one) != reveal(other), "the test would not see anything"
    assert exact_count(Kept(kind=kind)) == 5


ALIKE: dict[str, Callable[[int], Any]] = {
    # Each makes the same value in two ways, without the one being the other.
    "text": lambda k: "".join(["a", "b"] if k else ["ab"]),
    "large numbers": lambda k: int("1" + "0" * 30) if k else 10**30,
    "tuples": lambda k: tuple([1, (2, "a")]) if k else (1, (2, "a")),
    "nan": lambda k: float("nan"),
    "frozensets": lambda k: frozenset([1, 2]) if k else frozenset((1, 2)),
    "named tuples": lambda k: Point(1, (k - k, 2)),
    "frozen dataclasses": lambda k: Frozen(("a", k - k)),
    "members": lambda k: Colour(1) if k else Colour.RED,
    "ranges": lambda k: range(1, 3 + k - k),
    "decimals": lambda k: decimal.Decimal("1.5") if k else decimal.Decimal("3") / 2,
    "fractions": lambda k: fractions.Fraction(2, 4) if k else fractions.Fraction("1/2"),
    "functions that are made anew": lambda k: lambda: 1,
    "bound methods": lambda k: "ab".upper if k else "".join(("a", "b")).upper,
}


class Forgotten(Two):
    kind: str = param("text")

    @process
    def p(self) -> Steps:
        yield "pick"
        kept = ALIKE[self.kind](self.choose(0, 1))
        yield "wait"
        self.x = 1 if kept else 2


@pytest.mark.parametrize("kind", ALIKE)
def test_equal_values_that_are_not_the_same_object_are_one(kind: str) -> None:
    """3: pick, wait, the end."""
    assert exact_count(Forgotten(kind=kind)) == 3


class Part(Struct):
    value: Small = 0

    def increment(self) -> None:
        self.value += 1


class Parts(Two):
    parts = array(Part, 2)
    grid = array(array(Small, 2), 2)


def test_views_are_places() -> None:
    """5: pick; wait with the one view or the other; ends (1, 0) and (0, 1)."""

    class M(Parts):
        @process
        def p(self) -> Steps:
            yield "pick"
            part = self.parts[self.choose(0, 1)]
            yield "wait"
            part.value = 1

    assert exact_count(M()) == 5


def test_two_views_of_one_place_are_one() -> None:
    """3: pick; wait; the end."""

    class M(Parts):
        @process
        def p(self) -> Steps:
            yield "pick"
            part = self.parts[self.choose(1, -1)]
            yield "wait"
            part.value = 1

    assert exact_count(M()) == 3


def test_a_view_is_not_the_value_it_shows() -> None:
    """q sets parts[0].value. p: pick, wait, end. 2 * 3, and after q p's end has x=0 or x=7.

    The view was taken before q's step or after it: that is no matter; x is read at the end.
    Before q: pick, wait, end x=0. After q: pick, wait, end x=7, and end x=0 if q was last.
    """

    class M(Parts):
        @process
        def p(self) -> Steps:
            yield "pick"
            part = self.parts[0]
            yield "wait"
            self.x = part.value

        @process
        def q(self) -> Steps:
            yield "set"
            self.parts[0].value = 7

    assert exact_count(M()) == 3 + 4


def test_views_of_arrays_are_places() -> None:
    """5: pick; wait with the one row or the other; ends."""

    class M(Parts):
        @process
        def p(self) -> Steps:
            yield "pick"
            row = self.grid[self.choose(0, 1)]
            yield "wait"
            row[1] = 1

    assert exact_count(M()) == 5


def test_methods_of_the_model_and_of_views_are_told_apart() -> None:
    """9: pick; wait with one of four methods; ends x=1, y=1, (1, 0), (0, 1)."""

    class M(Parts):
        def one(self) -> None:
            self.x = 1

        def two(self) -> None:
            self.y = 1

        @process
        def p(self) -> Steps:
            yield "pick"
            methods: Any = (self.one, self.two, self.parts[0].increment, self.parts[1].increment)
            do = methods[self.choose(0, 1, 2, 3)]
            methods = None
            yield "wait"
            do()

    assert exact_count(M()) == 9


def test_whether_a_variable_is_bound_tells_states_apart_as_long_as_that_matters() -> None:
    """7: pick; wait, bound or not; behind, with x=1 or x=2; the ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            k = 1
            yield "pick"
            if self.choose(True, False):
                del k
            yield "wait"
            try:
                del k
                self.x = 1
            except NameError:
                self.x = 2
            yield "behind"

    assert exact_count(M()) == 7


# ------------------------------------------------------------------------ dead variables


def test_dead_variables_do_not_tell_states_apart() -> None:
    """3: pick, wait, the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2, 3)
            yield "wait"
            k = 5
            self.x = k

    assert exact_count(M()) == 3


def test_a_model_has_as_many_states_without_a_del_as_with_it() -> None:
    """6: pick; two items of the long loop or one of the short one, which is the last of the long.

    pick; item 1 (of 1, 2); item 2; behind; the end: 5 with `del`, and 5 without.
    """

    class With(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            i = 0
            for i in self.choose((1, 2), (2,)):
                yield "item"
                self.x = i
            del i
            yield "behind"
            self.x = 0

    class Without(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            i = 0
            for i in self.choose((1, 2), (2,)):
                yield "item"
                self.x = i
            yield "behind"
            self.x = 0

    assert exact_count(With()) == exact_count(Without())


def test_a_mutable_value_that_is_dead_is_allowed() -> None:
    """3: pick, wait, the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers = [self.choose(1, 2)]
            numbers.append(3)
            yield "wait"
            numbers = [4]
            self.x = numbers[0]

    assert exact_count(M()) == 3


def test_a_mutable_value_that_is_made_and_used_within_a_step_is_allowed() -> None:
    """3: pick; ends x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            found = {}
            found["k"] = self.choose(1, 2)
            self.x = found["k"]

    assert exact_count(M()) == 3


def test_code_that_asks_for_variables_by_name_keeps_all_of_them() -> None:
    """5: pick; wait with 1 or 2; ends x=1 and x=2."""

    class Locals(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield "wait"
            self.x = locals()["k"]
            k = 0

    class Eval(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield "wait"
            self.x = eval("k")  # noqa: S307
            k = 0  # noqa: F841

    assert exact_count(Locals()) == 5
    assert exact_count(Eval()) == 5


# --------------------------------------------------------------------- what is refused


class Plain:
    """A class whose objects are compared by identity."""


def identity(kind: str) -> str:
    return f"a {kind}, which is compared by identity, not by value"


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "list": (lambda: [1], "a list, which is not hashable"),
    "dict": (lambda: {1: 2}, "a dict, which is not hashable"),
    "set": (lambda: {1}, "a set, which is not hashable"),
    "bytearray": (lambda: bytearray(b"a"), "a bytearray, which is not hashable"),
    "view of a dict": (lambda: {1: 2}.keys(), "a dict_keys, which is not hashable"),
    "namespace": (types.SimpleNamespace, "a SimpleNamespace, which is not hashable"),
    "list in a tuple": (lambda: (1, (2, [3])), "a list, which is not hashable"),
    "list in a named tuple": (lambda: Point(1, [2]), "a list, which is not hashable"),
    "list in a frozen dataclass": (lambda: Frozen([1]), "a list, which is not hashable"),
    "list in a frozen dataclass in a tuple": (
        lambda: (Frozen((1, [1])),),
        "a list, which is not hashable",
    ),
    "dataclass": (lambda: Thawed(1), "a Thawed, a dataclass that is not frozen"),
    "object": (Plain, identity("Plain")),
    "object in a tuple": (lambda: (1, Plain()), identity("Plain")),
    "object in a frozenset": (lambda: frozenset({Plain()}), identity("Plain")),
    "partial": (lambda: functools.partial(double, 1), identity("partial")),
    "cached function": (lambda: functools.cache(double), identity("_lru_cache_wrapper")),
    "exception": (lambda: ValueError(1), identity("ValueError")),
    "method of a list": (lambda: [1].append, "a list, which is not hashable"),
    "function in a frozen dataclass": (lambda: Frozen(double), identity("function")),
    "static method": (lambda: staticmethod(double), identity("staticmethod")),
}


class Refused(Two):
    kind: str = param("list")

    @process
    def p(self) -> Steps:
        yield "pick"
        kept = REFUSED[self.kind][0]()
        yield "wait"  # here
        self.x = int(bool(kept))


@pytest.mark.parametrize("kind", REFUSED)
def test_a_value_that_is_mutable_or_has_an_identity_is_refused(kind: str) -> None:
    assert refused(Refused(kind=kind)) == (
        f"{place(Refused)}: error: local variable 'kept' of p holds {REFUSED[kind][1]}; "
        "it cannot be kept across this `yield`"
    )


def test_the_handle_of_a_process_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            kept = self.p
            yield "wait"  # here
            self.x = int(bool(kept))

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'kept' of p holds {identity('ProcessHandle')}; "
        "it cannot be kept across this `yield`"
    )


# ------------------------------------------- what must be refused, or be told apart exactly


def exact_or_refused(model: Model) -> int | None:
    """Return the number of states of a model if it is explored exactly, None if it is refused."""
    try:
        return exact_count(model)
    except ModelError:
        return None


class Tuple(tuple[Any, ...]):
    """A tuple whose instances can have attributes."""

    note: int


class Number(int):
    note: int


class Text(str):
    note: int


class Set(frozenset[Any]):
    note: int


class Named(Point):
    note: int


SUBCLASSES: dict[str, Callable[[], Any]] = {
    "tuple": lambda: Tuple((1,)),
    "int": lambda: Number(1),
    "str": lambda: Text("a"),
    "frozenset": lambda: Set((1,)),
    "named tuple": lambda: Named(1, 2),
}


@pytest.mark.parametrize("kind", SUBCLASSES)
def test_an_attribute_of_a_value_of_a_subclass_is_not_lost(kind: str) -> None:
    """5: pick; wait with the note 1 or 2; ends x=1 and x=2."""

    class M(Two):
        kind: str = param("tuple")

        @process
        def p(self) -> Steps:
            yield "pick"
            kept = SUBCLASSES[self.kind]()
            kept.note = self.choose(1, 2)
            yield "wait"
            self.x = kept.note

    assert exact_or_refused(M(kind=kind)) in (5, None)


class Hidden(Cold):
    """Not a dataclass itself: it has an attribute that is not a field."""

    def __init__(self, a: int, hidden: int) -> None:
        super().__init__(a)
        object.__setattr__(self, "hidden", hidden)


def test_an_attribute_of_a_frozen_dataclass_that_is_no_field_is_not_lost() -> None:
    """5: pick; wait with 1 or 2 hidden; ends x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            kept: Any = Hidden(1, self.choose(1, 2))
            yield "wait"
            self.x = kept.hidden

    assert exact_or_refused(M()) in (5, None)


class Box:
    """Hashable, compared by value, and mutable all the same."""

    def __init__(self, content: int) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Box) and other.content == self.content

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"Box({self.content})"


def test_two_names_for_one_object_are_not_two_objects_that_are_equal() -> None:
    """5: pick; wait with one box or two; ends x=2 and x=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one = Box(1)
            other = one if self.choose(True, False) else Box(1)
            yield "wait"
            one.content = 2
            self.x = other.content

    assert exact_or_refused(M()) in (5, None)


class Counter(Box):
    """One whose hash changes with it."""

    def __hash__(self) -> int:
        return hash(self.content)


def test_an_object_that_changes_does_not_change_where_a_process_was() -> None:
    """7: pick; wait with the content 1, 2 or 0, which comes round; ends x=1, x=2 and x=0."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            counter = Counter(1)
            while True:
                yield "wait"
                if self.choose(True, False):
                    break
                counter.content = (counter.content + 1) % 3
            self.x = counter.content

    try:
        counts = {check(M(), engine=e, limits=Limits(states=100)).statistics.states
                  for e in ("explicit", "trees")}  # fmt: skip
    except ModelError:
        return
    assert counts == {7}


class Slotted(str):
    __slots__ = ("note",)
    note: int


class Partial:
    """An object that compares and shows less than it has."""

    __slots__ = ("content", "note")

    def __init__(self, content: int) -> None:
        self.content = content
        self.note = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Partial) and other.content == self.content

    def __hash__(self) -> int:
        return hash(self.content)

    def __repr__(self) -> str:
        return f"Partial({self.content})"


class Private:
    """One whose slot has a private name, which Python stores under another one."""

    __slots__ = ("__note", "content")

    def __init__(self, content: int) -> None:
        self.content = content
        self.__note = 0

    @property
    def note(self) -> int:
        return self.__note

    @note.setter
    def note(self, note: int) -> None:
        self.__note = note

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Private) and other.content == self.content

    def __hash__(self) -> int:
        return hash(self.content)

    def __repr__(self) -> str:
        return f"Private({self.content})"


@pytest.mark.parametrize("make", [Slotted, Partial, Private], ids=["str", "object", "private"])
def test_a_slot_of_an_object_is_not_lost(make: Callable[[Any], Any]) -> None:
    """5: pick; wait with the note 1 or 2; ends x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            kept = make(1)
            kept.note = self.choose(1, 2)
            yield "wait"
            self.x = kept.note

    assert exact_or_refused(M()) in (5, None)


EQUAL: dict[str, Callable[[], Any]] = {
    "fraction": lambda: fractions.Fraction(1, 2),
    "decimal": lambda: decimal.Decimal("1.5"),
    "date": lambda: datetime.date(2009, 4, 16),
    "named tuple": lambda: Point(1, 2),
    "frozen dataclass": lambda: Frozen(1),
    "tuple": lambda: (1, tuple([2])),
    "text": lambda: "".join(("a", "b")),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_values_that_cannot_change_are_compared_by_value_only(kind: str) -> None:
    """3: pick; wait, with the same object twice or with two that are equal; the end."""

    class M(Two):
        kind: str = param("text")

        @process
        def p(self) -> Steps:
            yield "pick"
            one = EQUAL[self.kind]()
            other = one if self.choose(True, False) else EQUAL[self.kind]()
            yield "wait"
            self.x = 1 if one == other else 2

    assert exact_count(M(kind=kind)) == 3


def test_two_names_for_one_function_are_not_two_functions_that_are_alike() -> None:
    """5: pick; wait with one function or two; ends x=1 and x=2. Functions compare by identity."""

    class M(Two):
        def made(self) -> Callable[[], int]:
            return lambda: 0

        @process
        def p(self) -> Steps:
            yield "pick"
            one = self.made()
            other = one if self.choose(True, False) else self.made()
            yield "wait"
            self.x = 1 if one == other else 2

    assert exact_or_refused(M()) in (5, None)


def test_an_attribute_of_a_function_is_not_set_on_another_one() -> None:
    """5: pick; wait with one function or two; ends x=1 and x=2."""

    class M(Two):
        def made(self) -> Any:
            return lambda: 0

        @process
        def p(self) -> Steps:
            yield "pick"
            one = self.made()
            other = one if self.choose(True, False) else self.made()
            yield "wait"
            one.calls = 1
            self.x = 1 if hasattr(other, "calls") else 2

    assert exact_or_refused(M()) in (5, None)


def test_a_record_outside_the_state_is_not_only_its_class() -> None:
    """5: pick; wait with a capacity of 1 or 2; ends x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            kept = Channel(self.choose(1, 2))
            yield "wait"
            self.x = kept.capacity

    assert exact_or_refused(M()) in (5, None)


class Store:
    """A class that a model may misuse to keep something outside its shared variables."""

    kept = 0


def test_what_is_kept_outside_the_model_is_found_out() -> None:
    """The end would have x=1 or x=2, whichever step ran last; a fresh run says otherwise."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            Store.kept = self.choose(1, 2)
            yield "wait"
            self.x = Store.kept

    with pytest.raises(ModelError, match="answers differently when it is run again"):
        check(M())
