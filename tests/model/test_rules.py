"""The rules of the model language, each with what is said where it is broken, and where that is.

`refused` asks both engines, and both must say the same.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pytest

from tests.program.two import Small, Two
from tests.refusal import labels, place, refusal, refused
from tests.stateless import explore
from tests.steps import Steps
from utcheck import (
    Event,
    Lock,
    Model,
    ModelError,
    Range,
    Struct,
    UsageError,
    array,
    check,
    invariant,
    predicate,
    process,
    when,
)


class Part(Struct):
    on: bool = False


class Rich(Two):
    flag: bool = False
    open_number: int = 0
    pair: tuple[Any, ...] = ()
    level = array(Small, 2)
    part: Part
    parts = array(Part, 2)
    lock: Lock


# ------------------------------------------------------------------------------- steps


def test_an_undeclared_attribute_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"
            yield "step"
            self.z = 1  # here

    error = refusal(M())
    assert str(error) == (
        f"{place(M)}: error: 'z' is not a declared variable of M; annotate it in the class"
    )
    assert labels(error) == ("before",), "the run that leads there is told"


def test_an_attribute_without_an_annotation_is_no_variable() -> None:
    class M(Rich):
        z = 0

        @process
        def p(self) -> Steps:
            yield "step"
            self.z = 1  # here

    assert refused(M()) == (
        f"{place(M)}: error: 'z' is not a declared variable of M; annotate it in the class"
    )


def test_an_undeclared_attribute_of_a_struct_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.parts[1].off = True  # here

    assert refused(M()) == (
        f"{place(M)}: error: 'off' is not a declared variable of Part; annotate it in the class"
    )


def test_a_value_outside_its_domain_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.x = 21  # here

    assert refused(M()) == f"{place(M)}: error: x = 21: 21 is not an integer from 0 to 20"


def test_an_element_outside_its_domain_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.level[-1] = -1  # here

    assert refused(M()) == f"{place(M)}: error: level[1] = -1: -1 is not an integer from 0 to 20"


def test_a_field_outside_its_domain_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.parts[0].on = None  # here

    assert refused(M()) == f"{place(M)}: error: parts[0].on = None: None is not a bool"


def test_a_value_that_is_not_hashable_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.pair = (1, [2])  # here

    assert refused(M()) == (
        f"{place(M)}: error: pair = (1, [2]): the value is a list, which is not hashable"
    )


def test_a_value_of_another_class_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.open_number = "1"  # type: ignore[assignment]  # here

    assert refused(M()) == f"{place(M)}: error: open_number = '1': '1' is not an int"


def test_a_long_value_is_cut_short() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.open_number = "a" * 1000  # type: ignore[assignment]  # here

    shown = "'" + "a" * 56 + "..."
    assert refused(M()).startswith(f"{place(M)}: error: open_number = {shown}: ")


@pytest.mark.parametrize("name", ["level", "part", "parts"])
def test_an_array_or_a_struct_cannot_be_assigned(name: str) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            setattr(self, name, [1, 2])  # here

    assert refused(M()) == (
        f"{place(M)}: error: '{name}' is not a single variable; assign to its parts"
    )


def test_an_element_that_is_a_struct_cannot_be_assigned() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.parts[1] = Part()  # here

    assert refused(M()) == (
        f"{place(M)}: error: 'parts[1]' is not a single variable; assign to its parts"
    )


@pytest.mark.parametrize("index", [2, -3, 10**20])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    class Reading(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            _ = self.level[index]  # here

    class Writing(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.level[index] = 1  # here

    for model in (Reading, Writing):
        assert refused(model()) == (
            f"{place(model)}: error: 'level' has 2 elements; level[{index}] is none"
        )


@pytest.mark.parametrize("index", [True, 1.0, "0", None])
def test_an_index_that_is_no_integer_is_refused(index: Any) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.level[index] = 1  # here

    assert refused(M()) == (
        f"{place(M)}: error: 'level' is indexed with {index!r}; an index is an integer"
    )


def test_a_negative_index_counts_from_the_end() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.level[-1] = 5
            self.level[-2] = 4

    outcome = check(M(), {"set": {"reachable": "level[0] == 4 and level[1] == 5"}})
    assert outcome["set"].verdict == "holds"


def test_a_choice_of_nothing_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.choose()  # here

    assert refused(M()) == f"{place(M)}: error: `choose` was given nothing to choose from"


def test_the_name_of_an_event_is_a_string() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.emit(5)  # type: ignore[arg-type]  # here

    assert refused(M()) == f"{place(M)}: error: emit(5): the name of an event is a string"


def test_a_shared_variable_cannot_be_deleted() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            del self.x  # here

    assert refused(M()) == (
        f"{place(M)}: error: 'x' cannot be deleted; a shared variable exists in every state"
    )


@pytest.mark.parametrize("what", [5, None, b"label", ("a",)])
def test_a_yield_of_anything_but_a_label_is_refused(what: object) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            yield what  # here

    assert refused(M()) == (
        f"{place(M)}: error: this yields {what!r}, but a `yield` gives the label of the step "
        "after it"
    )


def test_an_exception_in_a_step_is_told_with_its_place_and_the_run() -> None:
    class M(Rich):
        def divide(self) -> None:
            self.y = 1 // self.x  # here

        @process
        def p(self) -> Steps:
            yield "before"
            yield "step"
            self.divide()

    error = refusal(M())
    assert str(error) == (
        f"{place(M)}: error: ZeroDivisionError: integer division or modulo by zero"
    )
    assert labels(error) == ("before",)
    assert [s.label for s in error.trace.standings] == ["step"]


def test_an_exception_that_ends_the_program_is_told_as_any_other() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            raise SystemExit(3)  # here

    assert refused(M()) == f"{place(M)}: error: SystemExit: 3"


def test_an_exception_without_a_text_is_named() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            raise RuntimeError  # here

    assert refused(M()) == f"{place(M)}: error: RuntimeError"


def test_a_step_that_recurses_for_ever_is_an_error() -> None:
    class M(Rich):
        def again(self) -> None:
            self.again()

        @process
        def p(self) -> Steps:
            yield "step"
            self.again()

    assert "error: RecursionError: maximum recursion depth exceeded" in refused(M())


# ------------------------------------------------------- what a step may not do elsewhere


OPERATIONS = {
    "reading": ("_ = self.x", "reading 'x'"),
    "setting": ("self.x = 1", "setting 'x'"),
    "choosing": ("self.choose(1, 2)", "`choose`"),
    "emitting": ("self.emit('event')", "`emit`"),
    "locking": ("self.lock.release()", "an operation on a lock"),
    "asking where": ("_ = self.p.at('a')", "`at`, `done` and `enabled`"),
    "asking whether done": ("_ = self.p.done", "`at`, `done` and `enabled`"),
    "asking whether enabled": ("_ = self.p.enabled", "`at`, `done` and `enabled`"),
}
QUESTIONS = tuple(name for name in OPERATIONS if name.startswith("asking"))


def do(model: Any, operation: str) -> bool:
    """Do something to a model that may not be allowed here."""
    exec(OPERATIONS[operation][0], {"self": model})  # noqa: S102
    return True


def forbidden(model: Model, properties: dict[str, object] | None = None) -> str:
    """Return what is said, without the place, which is in the text that `do` runs."""
    return refusal(model, properties).message


@pytest.mark.parametrize(
    "operation",
    [
        "reading",
        "setting",
        "choosing",
        "emitting",
        "locking",
        "asking where",
        "asking whether done",
    ],
)
def test_code_before_the_first_yield_may_not_touch_the_state(operation: str) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            do(self, operation)
            yield "step"

    what = OPERATIONS[operation][1]
    assert forbidden(M()) == f"{what} is not allowed in a process before its first yield"


def test_what_stands_before_the_first_yield_is_told_with_its_place() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            k = self.x  # here
            yield "step"
            self.y = k

    error = refusal(M())
    assert str(error) == (
        f"{place(M)}: error: reading 'x' is not allowed in a process before its first yield"
    )
    assert labels(error) is None, "no run leads there"


def test_an_assertion_before_the_first_yield_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            if self.level:
                raise AssertionError("early")  # here
            yield "step"

    assert refused(M()) == f"{place(M)}: error: an assertion fails before the first yield"


@pytest.mark.parametrize("operation", ["setting", "choosing", "emitting", *QUESTIONS])
def test_a_condition_may_only_read(operation: str) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield when(lambda: do(self, operation), "wait")

    what = OPERATIONS[operation][1]
    assert forbidden(M()) == f"{what} is not allowed in the condition of a `when`"


def test_an_effect_in_a_condition_is_told_with_its_place() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"
            yield when(
                lambda: self.choose(True, False),  # here
                "wait",
            )

    error = refusal(M())
    assert str(error) == (
        f"{place(M)}: error: `choose` is not allowed in the condition of a `when`"
    )
    assert labels(error) == ("before",)


def test_an_exception_in_a_condition_is_told_with_its_place() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield when(lambda: 1 // self.x == 1, "wait")  # here

    assert refused(M()) == (
        f"{place(M)}: error: ZeroDivisionError: integer division or modulo by zero"
    )


def test_an_assertion_in_a_condition_is_refused() -> None:
    class M(Rich):
        def ready(self) -> bool:
            raise AssertionError("no")  # here

        @process
        def p(self) -> Steps:
            yield when(self.ready, "wait")

    assert refused(M()) == (
        f"{place(M)}: error: an assertion fails in the condition of a `when`: no"
    )


@pytest.mark.parametrize("operation", QUESTIONS)
def test_a_step_does_not_know_where_processes_are(operation: str) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            do(self, operation)

    assert forbidden(M()) == "`at`, `done` and `enabled` is not allowed in a step"


@pytest.mark.parametrize("operation", ["setting", "choosing", "emitting"])
def test_a_property_may_only_ask(operation: str) -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"

        @predicate
        def asked(self) -> bool:
            return do(self, operation)

    what = OPERATIONS[operation][1]
    assert forbidden(M(), {"p": {"never": "asked"}}) == f"{what} is not allowed in a property"


def test_an_effect_in_an_invariant_is_told_with_its_place() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"
            self.y = 1

        @invariant
        def fine(self) -> bool:
            if self.y:
                self.x = 1  # here
            return True

    error = refusal(M())
    assert str(error) == f"{place(M)}: error: setting 'x' is not allowed in a property"
    assert labels(error) == ("before",)


def test_a_predicate_answers() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"

        @predicate
        def asked(self) -> Any:
            """Forget to answer."""

    class N(Rich):
        @process
        def p(self) -> Steps:
            yield "before"

        @invariant
        def asked(self) -> Any:
            """Forget to answer."""

    told = "`asked` is None, not true or false"
    assert refusal(M(), {"p": {"never": "asked"}}).message == told
    assert refusal(N()).message == told


def test_an_assertion_in_a_property_is_refused() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "before"

        @invariant
        def fine(self) -> bool:
            raise AssertionError("no")  # here

    assert refused(M()) == f"{place(M)}: error: an assertion fails in a property: no"


# -------------------------------------------------------------------------------- init


def test_init_sets_initial_values_and_chooses_among_them() -> None:
    class M(Rich):
        def init(self) -> None:
            self.x = self.choose(1, 2, 2)
            self.y = self.x + 1 if self.choose(True, False) else 0
            self.level[0] = self.x

        @process
        def p(self) -> Steps:
            yield "step"

    outcome = check(M(), {"level": {"always": "level[0] == x and y in (0, x + 1)"}})
    assert outcome["level"].verdict == "holds"
    assert outcome.statistics.initial_states == 4, "x is 1 or 2, y is 0 or x + 1"
    assert outcome.statistics.states == 8


@pytest.mark.parametrize("operation", ["emitting", "locking", *QUESTIONS])
def test_init_may_only_set_and_choose(operation: str) -> None:
    class M(Rich):
        def init(self) -> None:
            do(self, operation)

        @process
        def p(self) -> Steps:
            yield "step"

    assert forbidden(M()) == f"{OPERATIONS[operation][1]} is not allowed in `init`"


def test_a_value_outside_its_domain_in_init_is_refused() -> None:
    class M(Rich):
        def init(self) -> None:
            self.x = 99  # here

        @process
        def p(self) -> Steps:
            yield "step"

    assert refused(M()) == f"{place(M)}: error: x = 99: 99 is not an integer from 0 to 20"


def test_an_assertion_in_init_is_refused() -> None:
    class M(Rich):
        def init(self) -> None:
            if not self.x:
                raise AssertionError("x is set")  # here

        @process
        def p(self) -> Steps:
            yield "step"

    assert refused(M()) == f"{place(M)}: error: an assertion fails in `init`: x is set"


def test_init_may_not_read_what_it_has_not_set() -> None:
    class M(Model):
        x: Annotated[int, Range(0, 3)]
        y: Annotated[int, Range(0, 3)]

        def init(self) -> None:
            self.x = 1
            self.y = self.x
            self.x = self.y + self.x

        @process
        def p(self) -> Steps:
            yield "step"

    class N(M):
        def init(self) -> None:
            self.x = self.y  # here

    assert check(M(), {"x": {"always": "x == 2"}})["x"].verdict == "holds"
    assert refused(N()) == f"{place(N)}: error: 'y' has no initial value yet"


# ------------------------------------------- errors that the model itself tries to swallow


def test_a_broken_rule_that_is_swallowed_is_told_with_its_place() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            try:
                self.x = 99  # here
            except Exception:
                self.x = 1

    assert refused(M()) == f"{place(M)}: error: x = 99: 99 is not an integer from 0 to 20"


def test_a_deletion_surfaces_although_the_model_swallows_it() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            try:
                del self.x
            except Exception:
                self.x = 1

    assert refusal(M()).message == (
        "'x' cannot be deleted; a shared variable exists in every state"
    )


def test_a_broken_rule_in_a_condition_surfaces_although_the_model_swallows_it() -> None:
    class M(Rich):
        def ready(self) -> bool:
            try:
                self.x = 1
            except Exception:
                return True
            return False

        @process
        def p(self) -> Steps:
            yield when(self.ready, "wait")

    assert refusal(M()).message == "setting 'x' is not allowed in the condition of a `when`"


def test_a_broken_rule_in_a_property_surfaces_although_the_model_swallows_it() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "wait"

        @invariant
        def fine(self) -> bool:
            try:
                self.emit("event")
            except Exception:
                return True
            return False

    assert refusal(M()).message == "`emit` is not allowed in a property"


def test_an_exception_that_the_model_handles_is_its_own_affair() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            try:
                self.y = 1 // self.x
            except ZeroDivisionError:
                self.y = 2

    assert check(M(), {"y": {"reachable": "y == 2"}})["y"].verdict == "holds"


# --------------------------------------------------------------------- values in a state


class Named(NamedTuple):
    members: frozenset[int]


@dataclass(frozen=True)
class Data:
    members: Any


@dataclass(frozen=True)
class More(Data):
    pass


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


def test_a_bool_is_a_number_and_a_number_is_a_real_one() -> None:
    """As the annotations of Python have it; the state has one of them."""

    class M(Model):
        number: int = True
        real: float = 1
        digit: Annotated[int, Range(0, 3)] = True
        flag: bool = False

        @process
        def p(self) -> Steps:
            yield "look"
            self.check()
            self.number = True
            self.real = 1
            self.digit = True
            self.flag = 1  # type: ignore[assignment]
            self.check()

        def check(self) -> None:
            found = [type(v) for v in (self.number, self.real, self.digit, self.flag)]
            if found != [int, float, int, bool]:
                raise AssertionError(found)

    outcome = check(M())
    assert outcome.verdict == "holds"
    assert outcome.statistics.states == 2


def test_values_that_python_calls_equal_are_kept_apart_in_an_open_domain() -> None:
    """One for the step, and an end for each value."""
    values: Any = (
        0, False, 0.0, -0.0, 0j, complex(0, -0.0), "", b"", (), frozenset(), (0,), (False,),
        ((0,),), ((False,),), frozenset({0}), frozenset({False}), range(0), range(1, 1),
        Named(frozenset()), (frozenset(),), Data(frozenset()), Data(0), Data(False), More(0),
        Colour.RED, 1, Level.LOW,
    )  # fmt: skip

    class M(Model):
        anything: Any = None

        @process
        def p(self) -> Steps:
            yield "step"
            self.anything = values[self.choose(*range(len(values)))]

    for engine in ("explicit", "trees"):
        assert check(M(), engine=engine).statistics.states == 1 + len(values)


def test_a_set_is_the_same_value_in_whatever_order_it_was_made() -> None:
    """3: step; ends with first=0 and no other; the two sets are one value of the state."""

    class M(Model):
        members: frozenset[int] = frozenset()
        first: int = -1

        @process
        def p(self) -> Steps:
            yield "step"
            self.members = self.choose(frozenset((0, 8)), frozenset((8, 0)))
            self.first = next(iter(self.members))

    for engine in ("explicit", "trees"):
        assert check(M(), engine=engine).statistics.states == 2


def first_of(kind: Callable[[Any], Any], one: frozenset[int], other: frozenset[int]) -> set[int]:
    """Return what the first member of a set inside another value can be."""

    class M(Model):
        kept: Any = None
        first: int = -1

        @process
        def p(self) -> Steps:
            yield "step"
            self.kept = kind(self.choose(one, other))
            self.first = next(iter(members_of(self.kept)))

    outcome = check(M(), {f"is-{k}": {"reachable": f"first == {k}"} for k in (0, 8)})
    return {k for k in (0, 8) if outcome[f"is-{k}"].verdict == "holds"}


def members_of(value: Any) -> Any:
    if isinstance(value, frozenset):
        return value
    return value[0] if isinstance(value, tuple) else value.members


KINDS = (Named, Data, frozenset, lambda members: (members,), lambda members: ((members, 1),)[0])


@pytest.mark.parametrize("kind", KINDS, ids=["named", "data", "set", "tuple", "nested"])
def test_a_set_inside_a_value_does_not_depend_on_which_was_met_first(
    kind: Callable[[Any], Any],
) -> None:
    one, other = frozenset((0, 8)), frozenset((8, 0))
    assert first_of(kind, one, other) == first_of(kind, other, one)


class Noted(Named):
    note: int


def test_an_attribute_of_a_value_in_the_state_is_not_lost() -> None:
    """3: step; ends with x=1 and x=2; or the value is refused."""

    class M(Two):
        kept: Any = None

        @process
        def p(self) -> Steps:
            yield "step"
            kept = Noted(frozenset((1,)))
            kept.note = self.choose(1, 2)
            self.kept = kept
            yield "look"
            self.x = self.kept.note

    assert ends_or_refusal(M()) in ({("x=1",), ("x=2",)}, "kept")


def ends_or_refusal(model: Model) -> object:
    """Return what x and y are at the ends, or the variable whose value both engines refuse."""
    try:
        _, ends = explore(model)
    except ModelError:
        return refusal(model).message.partition(" = ")[0]
    return {tuple(v for v in variables if v.startswith("x=")) for variables, _ in ends}


def test_a_step_sees_its_own_writes_and_others_see_them_when_it_ends() -> None:
    class M(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            self.x = 1
            if self.x != 1:
                raise AssertionError("its own write is seen")
            self.x += 1
            self.x = 0

        @process
        def q(self) -> Steps:
            yield "look"
            if self.x:
                raise AssertionError("no other process sees what is between")

    assert check(M()).verdict == "holds"


def test_a_failing_assertion_is_a_violation_and_not_an_error() -> None:
    class M(Rich):
        event: Event

        @process
        def p(self) -> Steps:
            yield "step"
            self.y = 5
            raise AssertionError("as intended")  # here

    outcome = check(M(), root="")
    assert outcome["assertions"].verdict == "violated"
    trace = outcome["assertions"].trace
    assert trace is not None
    assert trace.steps[-1].failure == f"as intended ({place(M)})"
    assert trace.steps[-1].changes == (), "a step that fails has no effect"


def test_a_when_wants_a_function_and_a_label() -> None:
    class Eager(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            yield when(self.x == 0, "wait")  # type: ignore[arg-type]  # here

    class Bare(Rich):
        @process
        def p(self) -> Steps:
            yield "step"
            yield when(lambda: True, None)  # type: ignore[arg-type]  # here

    assert refused(Eager()) == (
        f"{place(Eager)}: error: when(True, ...): the condition must be a function, as in "
        "`when(lambda: self.ready, ...)`"
    )
    assert refused(Bare()) == (f"{place(Bare)}: error: when(..., None): the label must be a string")


def test_a_model_is_given_and_not_its_class() -> None:
    with pytest.raises(UsageError, match=r"check\(\) takes a model, as in check\(Two\(\)\)"):
        check(Two)  # type: ignore[arg-type]


def test_errors_are_those_of_the_model() -> None:
    assert issubclass(ModelError, Exception)
    assert ModelError.exit_status == 2
