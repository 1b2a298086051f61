"""What the body of a model may declare, and what is said where a declaration is wrong."""

from __future__ import annotations

import collections
import enum
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, NewType, Optional

import pytest

from tests.program.merged import exact_count
from tests.refusal import place, refusal
from tests.stateless import explore
from tests.steps import Steps
from utcheck import Model, ModelError, Range, Struct, array, check, param, process
from utcheck.model.instance import Instance


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


Number = NewType("Number", int)
Digit = NewType("Digit", Annotated[int, Range(0, 9)])


class Quiet(Model):
    """A model with a process that does nothing."""

    @process
    def p(self) -> Steps:
        yield "step"


def initial(model: Model) -> dict[str, object]:
    """Return the names and the initial values of the variables of a model."""
    instance = Instance(model)
    ((_, numbers),) = instance.initial_states()
    return {name: instance.value(v, numbers[v]) for v, name in enumerate(instance.names)}


def wrong(model: Model) -> str:
    """Return what is said of a model that cannot be laid out."""
    with pytest.raises(ModelError) as caught:
        check(model, root="")
    assert caught.value.trace is None
    return str(caught.value)


# --------------------------------------------------------------------- variables, domains


class Everything(Quiet):
    constant: ClassVar[list[int]] = [1]
    plain = 5
    flag: bool = True
    letter: Literal["a", "b"] = "b"
    colour: Colour = Colour.GREEN
    maybe: bool | None = None
    optional: Optional[Colour] = None  # noqa: UP045
    digit: Annotated[int, Range(0, 9)] = 9
    maybe_digit: Annotated[int, Range(8, 9)] | None = None
    maybe_number: int | None = None
    number: int = -5
    real: float = 0.5
    text: str = "t"
    pair: tuple[int, ...] = (1, 2)
    members: frozenset[str] = frozenset({"m"})
    anything: Any = (1, "x")
    either: int | str = "one"
    new: Number = Number(3)
    new_digit: Digit = Digit(4)


def test_every_annotated_name_is_a_variable_with_its_initial_value() -> None:
    assert initial(Everything()) == {
        "flag": True,
        "letter": "b",
        "colour": Colour.GREEN,
        "maybe": None,
        "optional": None,
        "digit": 9,
        "maybe_digit": None,
        "maybe_number": None,
        "number": -5,
        "real": 0.5,
        "text": "t",
        "pair": (1, 2),
        "members": frozenset({"m"}),
        "anything": (1, "x"),
        "either": "one",
        "new": 3,
        "new_digit": 4,
    }


def test_finite_domains_are_known_beforehand() -> None:
    instance = Instance(Everything())
    finite = {
        name: list(domain.values)
        for name, domain in zip(instance.names, instance.domains, strict=True)
        if domain.finite
    }
    assert finite == {
        "flag": [False, True],
        "letter": ["a", "b"],
        "colour": [Colour.RED, Colour.GREEN],
        "maybe": [False, True, None],
        "optional": [Colour.RED, Colour.GREEN, None],
        "digit": list(range(10)),
        "maybe_digit": [8, 9, None],
        "new_digit": list(range(10)),
    }


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


def test_a_flag_has_all_combinations_of_its_members() -> None:
    class M(Model):
        allowed: Permission = Permission.READ | Permission.WRITE

        @process
        def p(self) -> Steps:
            yield "step"
            self.allowed = Permission(0)

    assert initial(M()) == {"allowed": Permission.READ | Permission.WRITE}
    assert check(M(), {"none": {"reachable": "not allowed"}}).verdict == "holds"


def test_literals_that_python_calls_equal_are_different_values() -> None:
    class M(Model):
        x: Literal[1, True] = 1

        @process
        def p(self) -> Steps:
            yield "step"
            self.x = True

    assert {variables for variables, _ in explore(M())[1]} == {("x=True",)}


def test_a_class_inside_a_function_may_be_used_in_an_annotation() -> None:
    class Local(enum.Enum):
        ONE = 1

    class Own(Struct):
        on: bool = True

    class M(Quiet):
        local: Local = Local.ONE
        own: Own

    assert initial(M()) == {"local": Local.ONE, "own.on": True}


def test_a_class_inside_a_function_hides_one_of_the_module_in_an_annotation() -> None:
    """As everywhere in Python; `Inner` of the module has a level too."""

    class Inner(Struct):
        on: bool = False

    class M(Quiet):
        inner: Inner

    assert initial(M()) == {"inner.on": False}


def test_an_annotation_may_be_quoted_twice() -> None:
    """Once by the future import, and once by hand."""

    class M(Quiet):
        x: "int" = 1  # noqa: UP037

    assert initial(M()) == {"x": 1}


def test_an_annotation_that_cannot_be_resolved_is_refused() -> None:
    with pytest.raises(ModelError) as caught:

        class M(Quiet):
            x: Nonsense = 0  # type: ignore[name-defined]  # noqa: F821

    assert caught.value.message == "the annotation 'Nonsense' of 'x' cannot be resolved"
    assert caught.value.place is not None
    assert str(caught.value.place).startswith(f"{__file__}:")


def test_an_annotation_without_a_meaning_is_refused() -> None:
    class M(Quiet):
        x: 3 = 0  # type: ignore[valid-type]  # here

    assert wrong(M()) == (
        f"{place(M)}: error: the annotation 3 is not one that utcheck understands"
    )


def test_an_initial_value_outside_the_domain_is_refused() -> None:
    class M(Quiet):
        x: Annotated[int, Range(0, 3)] = 5  # here

    assert wrong(M()) == f"{place(M)}: error: x = 5: 5 is not an integer from 0 to 3"


def test_an_initial_value_that_is_mutable_is_refused() -> None:
    class M(Quiet):
        x: tuple[Any, ...] = ([],)  # here

    assert wrong(M()) == (
        f"{place(M)}: error: x = ([],): the value is a list, which is not hashable"
    )


def test_a_name_that_the_language_uses_is_reserved() -> None:
    with pytest.raises(ModelError) as caught:

        class M(Quiet):
            choose: int = 0  # type: ignore[assignment]

    assert caught.value.message == "'choose' is reserved; call the variable something else"


def test_a_variable_without_an_initial_value_is_refused() -> None:
    class M(Quiet):
        x: int  # here

    assert wrong(M()) == (
        f"{place(M)}: error: 'x' has no initial value; give it one, or set it in `init`"
    )


def test_a_variable_has_a_value_only_inside_a_run() -> None:
    class M(Quiet):
        x: int = 0

    with pytest.raises(ModelError, match=r"^error: the shared variable 'x' has a value only insid"):
        _ = M().x
    with pytest.raises(ModelError, match=r"^error: the shared variable 'x' has a value only insid"):
        M().x = 1
    with pytest.raises(ModelError, match=r"^error: 'y' is not a declared variable of M; annotate"):
        M().y = 1


CHANGES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "list": ([], lambda queue: queue.append(1)),
    "dict": ({}, lambda queue: queue.setdefault(len(queue))),
    "set": (set(), lambda queue: queue.add(len(queue))),
    "bytearray": (bytearray(), lambda queue: queue.append(1)),
    "deque": (collections.deque(), lambda queue: queue.append(1)),
    "counter": (collections.Counter(), lambda queue: queue.update("a")),
    "defaultdict": (collections.defaultdict(list), lambda queue: queue[1].append(1)),
    "nested": (([],), lambda queue: queue[0].append(1)),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_mutable_attribute_that_is_no_variable_is_not_to_be_changed(kind: str) -> None:
    """`queue = []` without an annotation looks like a shared variable, and all states share it."""
    value, change = CHANGES[kind]

    class M(Model):
        queue = value

        @process
        def p(self) -> Steps:
            yield "step"
            change(self.queue)

    assert refusal(M()).message.startswith("this changes 'queue', which is no shared variable")


def test_a_mutable_attribute_of_a_struct_is_not_to_be_changed() -> None:
    class Part(Struct):
        on: bool = False
        queue: ClassVar[list[int]] = []

    class M(Model):
        part: Part

        @process
        def p(self) -> Steps:
            yield "step"
            self.part.queue.append(1)

    assert refusal(M()).message.startswith("this changes 'queue', which is no shared variable")


class Rule:
    """An object without an equality of its own."""


def test_a_mutable_attribute_that_is_only_read_is_no_matter() -> None:
    """Whatever is in it: an object that is equal to nothing but itself, or cannot be copied."""

    class M(Quiet):
        rules: ClassVar[list[Rule]] = [Rule()]
        modules: ClassVar[list[Any]] = [enum, pytest]
        table: ClassVar[dict[str, Any]] = {"a": lambda: 1, "nan": float("nan")}

        @process
        def p(self) -> Steps:
            yield "step"
            if not self.rules or not self.modules or self.table["a"]() != 1:
                raise AssertionError

    assert check(M()).verdict == "holds"


def test_an_attribute_that_cannot_change_needs_no_annotation() -> None:
    class M(Quiet):
        names = ("a", "b")
        limit = 3

        def helper(self) -> int:
            return self.limit + len(self.names)

    assert initial(M()) == {}
    assert check(M(), {"helper": {"always": "names[0] == 'a' and limit == 3"}}).verdict == "holds"


def test_a_model_without_a_process_is_refused() -> None:
    class M(Model):
        x: int = 0

    with pytest.raises(ModelError) as caught:
        check(M())
    assert caught.value.message == "M has no process; decorate one with @process"


# ------------------------------------------------------------------------------- ranges


def test_a_range_may_name_parameters() -> None:
    class M(Quiet):
        low: int = param(1)
        high: int = param(3)
        x: Annotated[int, Range("low", "high")] = 2

    instance = Instance(M(high=5))
    assert list(instance.domains[0].values) == [1, 2, 3, 4, 5]


def test_a_range_that_names_no_parameter_is_refused() -> None:
    class M(Quiet):
        x: Annotated[int, Range(0, "n")] = 0  # here

    assert wrong(M()) == f"{place(M)}: error: there is no parameter 'n'"


def test_a_range_with_a_parameter_that_is_no_integer_is_refused() -> None:
    class M(Quiet):
        n: Any = param("many")
        x: Annotated[int, Range(0, "n")] = 0  # here

    assert wrong(M()) == f"{place(M)}: error: 'many' is not an integer"


def test_an_empty_range_is_refused() -> None:
    class M(Quiet):
        x: Annotated[int, Range(3, 2)] = 0  # here

    assert wrong(M()) == f"{place(M)}: error: Range(3, 2) has no values"


def test_a_range_belongs_to_integers() -> None:
    class M(Quiet):
        x: Annotated[str, Range(0, 2)] = ""  # here

    assert wrong(M()) == (
        f"{place(M)}: error: Annotated[str, Range(low=0, high=2)]: "
        "a Range belongs to an int, and to it alone"
    )


# --------------------------------------------------------------------------- parameters


class Parameters(Quiet):
    fix: Literal["none", "2A"] = param("none")
    n: int = param(2, ge=1, le=4)
    mode: str = param("a", choices=["a", "b"])
    flag: bool = param(False)
    digit: Annotated[int, Range(0, 9)] = param(0)


def test_parameters_have_their_defaults_or_what_is_given() -> None:
    assert dict(Parameters().utcheck_values) == {
        "fix": "none", "n": 2, "mode": "a", "flag": False, "digit": 0,
    }  # fmt: skip
    model = Parameters(fix="2A", n=4, flag=True)
    assert (model.fix, model.n, model.mode, model.flag) == ("2A", 4, "a", True)
    assert repr(model) == "Parameters(fix='2A', n=4, mode='a', flag=True, digit=0)"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fxi": 1}, "Parameters has no parameter 'fxi', did you mean 'fix'?"),
        ({"wholly_other": 1}, "Parameters has no parameter 'wholly_other'"),
        ({"fix": "2C"}, "parameter 'fix': '2C' is not one of 'none', '2A'"),
        ({"n": 0}, "parameter 'n': 0 is less than 1"),
        ({"n": 5}, "parameter 'n': 5 is greater than 4"),
        ({"n": "2"}, "parameter 'n': '2' is not an int"),
        ({"mode": "c"}, "parameter 'mode': 'c' is not one of ['a', 'b']"),
        ({"flag": 2}, "parameter 'flag': 2 is not a bool"),
        ({"flag": [1]}, "parameter 'flag': (1,) is not a bool"),
        ({"digit": 10}, "parameter 'digit': 10 is not an integer from 0 to 9"),
        ({"n": {1}}, "parameter 'n': the value is a set, which is not hashable"),
    ],
)
def test_a_parameter_that_is_not_admitted_is_refused(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError) as caught:
        Parameters(**values)
    assert str(caught.value) == f"error: {message}"


def test_a_default_that_is_not_admitted_is_refused_where_it_stands() -> None:
    class M(Quiet):
        n: int = param(0, ge=1)  # here

    with pytest.raises(ModelError) as caught:
        M()
    assert str(caught.value) == (
        f"{place(M)}: error: the default of parameter 'n': 0 is less than 1"
    )


def test_a_parameter_that_is_mutable_is_refused() -> None:
    """A step could change it, and no state would show that."""

    class M(Quiet):
        table = param({"a": 1})

    with pytest.raises(ModelError, match=r"parameter 'table'.* a dict, which is not hashable"):
        M()


def test_a_parameter_is_a_constant_of_the_run() -> None:
    class M(Quiet):
        n: int = param(1)

        @process
        def p(self) -> Steps:
            yield "step"
            self.n = 2  # here

    with pytest.raises(ModelError) as caught:
        check(M(), root="")
    assert str(caught.value).startswith(f"{place(M)}: error: 'n' is ")


# ------------------------------------------------------------------- structs and arrays


class Inner(Struct):
    on: bool = True
    level: Annotated[int, Range(0, 3)] = 1


class Outer(Struct):
    inner: Inner
    other = Inner(on=False)
    cells = array(bool, 2)
    name: Literal["a", "b"] = "a"


def test_structs_nest() -> None:
    class M(Quiet):
        outer: Outer
        inner: Inner = Inner(level=3)

    assert initial(M()) == {
        "outer.inner.on": True, "outer.inner.level": 1,
        "outer.other.on": False, "outer.other.level": 1,
        "outer.cells[0]": False, "outer.cells[1]": False,
        "outer.name": "a",
        "inner.on": True, "inner.level": 3,
    }  # fmt: skip


def test_arrays_have_the_size_of_a_number_or_a_parameter() -> None:
    class M(Quiet):
        n: int = param(2)
        flags = array(bool, "n")
        levels = array(Annotated[int, Range(0, 3)], 2, init=3)
        each = array(int, 3, init=[4, 5, 6])
        structs = array(Inner, "n")
        told = array(Inner, 2, init=[Inner(on=False), Inner()])
        grid = array(array(int, 2, init=7), "n")
        annotated: Any = array(bool, 1)

    names = initial(M(n=1))
    assert names == {
        "flags[0]": False,
        "levels[0]": 3, "levels[1]": 3,
        "each[0]": 4, "each[1]": 5, "each[2]": 6,
        "structs[0].on": True, "structs[0].level": 1,
        "told[0].on": False, "told[0].level": 1, "told[1].on": True, "told[1].level": 1,
        "grid[0][0]": 7, "grid[0][1]": 7,
        "annotated[0]": False,
    }  # fmt: skip


def test_elements_begin_with_nothing_or_with_the_first_value() -> None:
    class M(Quiet):
        flags = array(bool, 1)
        maybe = array(bool | None, 1)
        numbers = array(int, 1)
        texts = array(str, 1)
        tuples = array(tuple, 1)
        sets = array(frozenset, 1)
        reals = array(float, 1)
        colours = array(Colour, 1)
        letters = array(Literal["x", "y"], 1)
        digits = array(Annotated[int, Range(2, 5)], 1)

    assert initial(M()) == {
        "flags[0]": False, "maybe[0]": None, "numbers[0]": 0, "texts[0]": "", "tuples[0]": (),
        "sets[0]": frozenset(), "reals[0]": 0.0, "colours[0]": Colour.RED, "letters[0]": "x",
        "digits[0]": 2,
    }  # fmt: skip


@pytest.mark.parametrize("size", [0, 1])
def test_an_array_may_be_empty(size: int) -> None:
    class M(Quiet):
        n: int = param(0)
        flags = array(bool, "n")

        @process
        def q(self) -> Steps:
            yield "look"
            assert len(self.flags) == self.n == len(list(self.flags))

    assert len(initial(M(n=size))) == size
    assert exact_count(M(n=size)) == 4


def test_an_array_of_a_negative_size_is_refused() -> None:
    class M(Quiet):
        n: int = param(-1)
        flags = array(bool, "n")  # here

    assert wrong(M()) == f"{place(M)}: error: 'flags' cannot have -1 elements"


def test_an_array_of_an_unknown_size_is_refused() -> None:
    class M(Quiet):
        flags = array(bool, "m")  # here

    assert wrong(M()) == f"{place(M)}: error: there is no parameter 'm'"


def test_an_array_with_the_wrong_number_of_initial_values_is_refused() -> None:
    class M(Quiet):
        flags = array(bool, 3, init=[True, False])  # here

    assert wrong(M()) == (f"{place(M)}: error: 'flags' has 3 elements, but `init` gives 2 values")


def test_an_array_with_an_initial_value_outside_its_domain_is_refused() -> None:
    class M(Quiet):
        flags = array(bool, 3, init=[True, 7, False])  # here

    assert wrong(M()) == f"{place(M)}: error: flags[1] = 7: 7 is not a bool"


def test_a_struct_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^error: Inner has no field 'no'$"):
        Inner(no=False)


def test_a_struct_with_a_field_outside_its_domain_is_refused() -> None:
    class M(Quiet):
        inner = Inner(level=9)

    assert wrong(M()).endswith("error: inner.level = 9: 9 is not an integer from 0 to 3")


def test_a_struct_that_is_given_something_else_is_refused() -> None:
    class M(Quiet):
        inner: Inner = 5  # type: ignore[assignment]  # here

    assert wrong(M()).startswith(f"{place(M)}: error: 'inner' is ")


def test_views_of_the_same_place_are_equal() -> None:
    class M(Quiet):
        inners = array(Inner, 2)
        one: Inner
        grid = array(array(int, 1), 2)

        @process
        def q(self) -> Steps:
            yield "look"
            assert self.inners[1] == self.inners[-1]
            assert hash(self.inners[1]) == hash(self.inners[-1])
            assert self.inners[0] != self.inners[1]
            assert self.one != self.inners[0]
            assert self.one != "one"
            assert self.grid[0] == self.grid[0]
            assert self.grid[0] != self.grid[1]
            assert self.grid == self.grid
            assert self.inners[:] == (self.inners[0], self.inners[1])
            assert {self.one: 1}[self.one] == 1
            assert repr((self.one, self.grid[1], self.inners)) == "(one, grid[1], inners)"
            assert len(self.inners) == 2
            assert list(self.grid[1]) == [0]
            assert 0 in self.grid[1]

    assert check(M()).verdict == "holds"


# -------------------------------------------------------------------------- inheritance


class Base(Model):
    n: int = param(1)
    x: int = 0

    @process(fair="strong", daemon=True)
    def p(self) -> Steps:
        yield "base"
        self.step()

    def step(self) -> None:
        self.x = self.n


def ends(model: Model) -> set[tuple[str, ...]]:
    return {variables for variables, _ in explore(model)[1]}


def test_a_subclass_overrides_one_method() -> None:
    class M(Base):
        def step(self) -> None:
            self.x = 7

    assert ends(Base()) == {("x=1",)}
    assert ends(M()) == {("x=7",)}


def test_a_subclass_overrides_a_process_without_the_decorator() -> None:
    class M(Base):
        def p(self) -> Steps:
            yield "derived"
            self.x = 3

    assert ends(M()) == {("x=3",)}
    (declared,) = Instance(M()).processes
    assert (declared.fairness, declared.daemon) == ("strong", True)
    (fresh,) = Instance(Base()).processes
    assert (fresh.fairness, fresh.daemon) == ("strong", True)


def test_a_subclass_overrides_a_process_with_the_decorator() -> None:
    class M(Base):
        @process(fair=False)
        def p(self) -> Steps:
            yield "derived"

    (declared,) = Instance(M()).processes
    assert (declared.fairness, declared.daemon) == ("none", False)


def test_a_subclass_overrides_defaults_with_and_without_an_annotation() -> None:
    class M(Base):
        n = 5
        x: int = 9

    class N(Base):
        x = 8

    assert initial(M()) == {"x": 9}
    assert M().n == 5
    assert initial(N()) == {"x": 8}
    assert ends(M()) == {("x=5",)}


def test_a_default_that_a_subclass_gives_is_checked() -> None:
    class B(Quiet):
        n: Literal[1, 2] = param(1)
        x: bool = False

    class M(B):
        n = 3  # type: ignore[assignment]

    class N(B):
        x = 3  # type: ignore[assignment]

    with pytest.raises(ModelError) as caught:
        M()
    assert caught.value.message == "the default of parameter 'n': 3 is not one of 1, 2"
    assert wrong(N()).endswith("error: x = 3: 3 is not a bool")


def test_a_subclass_adds_variables_parameters_and_processes() -> None:
    class M(Base):
        m: int = param(2)
        y: int = 4

        @process
        def q(self) -> Steps:
            yield "new"
            self.y = self.m

    assert initial(M()) == {"x": 0, "y": 4}
    assert [p.name for p in Instance(M()).processes] == ["p", "q"]
    assert ends(M(n=3)) == {("x=3", "y=2")}


def test_super_reaches_the_process_of_the_base() -> None:
    class M(Base):
        def p(self) -> Steps:
            yield from super().p()
            yield "more"
            self.x += 10

    assert ends(M()) == {("x=11",)}
    assert exact_count(M()) == 3, "base, more, the end"


def test_super_reaches_the_family_of_the_base() -> None:
    class B(Model):
        xs = array(int, 2)

        @process(each="xs")
        def p(self, i: int) -> Steps:
            yield "base"
            self.xs[i] = i + 1

    class M(B):
        def p(self, i: int) -> Steps:
            yield from super().p(i)
            self.xs[i] *= 10

    assert ends(M()) == {("xs[0]=10", "xs[1]=20")}


def test_a_struct_is_inherited_too() -> None:
    class B(Struct):
        x: int = 1

        def bump(self) -> None:
            self.x += 1

    class D(B):
        y: int = 2

        def bump(self) -> None:
            super().bump()
            self.y += self.x

    class M(Model):
        d: D

        @process
        def p(self) -> Steps:
            yield "step"
            self.d.bump()

    assert ends(M()) == {("d.x=2", "d.y=4")}


def test_two_bases_are_merged_in_the_order_of_python() -> None:
    class Left(Quiet):
        x: int = 1

    class Right(Quiet):
        x: int = 2
        y: int = 3

    class M(Left, Right):
        pass

    assert initial(M()) == {"x": 1, "y": 3}
