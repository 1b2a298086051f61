"""Processes: how they are declared, and what a property may ask of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refusal
from tests.steps import Steps
from utcheck import Model, ModelError, Struct, array, check, param, predicate, process, when
from utcheck.model.instance import Instance


class Part(Struct):
    on: bool = False


class Families(Model):
    n: int = param(2)
    parts = array(Part, "n")
    level: Small = 0

    @process
    def single(self) -> Steps:
        yield "step"

    @process(each="parts")
    def by_array(self, i: int) -> Steps:
        yield "step"
        self.parts[i].on = True

    @process(each="n", fair="strong")
    def by_parameter(self, i: int) -> Steps:
        yield "step"

    @process(each=1, fair=False, daemon=True)
    def by_number(self, i: int) -> Steps:
        yield "step"


def test_a_family_has_a_process_for_each_index() -> None:
    assert [p.name for p in Instance(Families(n=3)).processes] == [
        "single", "by_array[0]", "by_array[1]", "by_array[2]",
        "by_parameter[0]", "by_parameter[1]", "by_parameter[2]", "by_number[0]",
    ]  # fmt: skip
    assert [p.name for p in Instance(Families(n=0)).processes] == ["single", "by_number[0]"]


def test_fairness_and_daemons_are_as_declared() -> None:
    found = {p.declaration.name: (p.fairness, p.daemon) for p in Instance(Families()).processes}
    assert found == {
        "single": ("weak", False),
        "by_array": ("weak", False),
        "by_parameter": ("strong", False),
        "by_number": ("none", True),
    }


@pytest.mark.parametrize("fair", ["weak", "none", None, 2])
def test_fairness_that_does_not_exist_is_refused(fair: Any) -> None:
    with pytest.raises(ModelError) as caught:
        process(fair=fair)
    assert caught.value.message == f"process(fair={fair!r}): fair is True, False or 'strong'"


def test_a_process_without_a_yield_is_refused() -> None:
    with pytest.raises(ModelError) as caught:

        class M(Model):
            @process  # type: ignore[arg-type]
            def p(self) -> None:
                pass

    assert caught.value.message == "process 'p' has no `yield`; it must be a generator method"
    assert str(caught.value.place).startswith(f"{__file__}:")


def test_an_asynchronous_process_is_refused() -> None:
    with pytest.raises(ModelError) as caught:

        class M(Model):
            @process
            async def p(self) -> Any:
                yield "step"

    assert caught.value.message == "process 'p' has no `yield`; it must be a generator method"


def test_an_override_without_a_yield_is_refused() -> None:
    with pytest.raises(ModelError) as caught:

        class M(Families):
            def single(self) -> None:
                pass

    assert caught.value.message == "process 'single' has no `yield`; it must be a generator method"


def test_a_family_over_something_that_does_not_exist_is_refused() -> None:
    class M(Model):
        level: Small = 0

        @process(each="levels")
        def p(self, i: int) -> Steps:  # here
            yield "step"

    error = refusal(M())
    assert str(error) == (
        f"{place(M)}: error: process 'p' with each='levels': there is no parameter 'levels'"
    )


def test_a_family_over_a_variable_that_is_no_array_is_refused() -> None:
    class M(Model):
        level: Small = 0

        @process(each="level")
        def p(self, i: int) -> Steps:  # here
            yield "step"

    assert str(refusal(M())).startswith(f"{place(M)}: error: process 'p' with each='level': ")


def test_a_process_that_takes_another_number_of_arguments_is_an_error_of_the_model() -> None:
    class M(Model):
        @process(each=2)
        def p(self) -> Steps:
            yield "step"

    assert "takes 1 positional argument but 2 were given" in refusal(M()).message


class Asked(Two):
    @process
    def p(self) -> Steps:
        yield "first"
        yield when(lambda: self.x == 1, "second")

    @process(each=2)
    def q(self, i: int) -> Steps:
        yield "set"
        self.x = i

    @predicate
    def at_first(self) -> bool:
        return bool(self.p.at("first"))

    @predicate
    def at_any(self) -> bool:
        return bool(self.p.at("first", "second"))

    @predicate
    def done(self) -> bool:
        return bool(self.p.done)

    @predicate
    def ready(self) -> bool:
        return bool(self.p.enabled)

    @predicate
    def family(self) -> bool:
        indexed = [self.q[0].done, self.q[-1].done]
        iterated = [q.done for q in self.q]
        return indexed == iterated and len(self.q) == 2

    @predicate
    def outside(self) -> bool:
        return bool(self.q[2].done)

    @predicate
    def no_index(self) -> bool:
        return bool(self.q["0"].done)


@pytest.mark.parametrize("engine", ["explicit", "trees"])
def test_a_property_asks_where_a_process_is(engine: str) -> None:
    """p is enabled at "first", and at "second" if x is 1; it is at neither when it is done."""
    outcome = check(
        Asked(),
        {
            "somewhere": {"always": "at_any or done"},
            "not-both": {"never": "at_any and done"},
            "first-is-ready": {"always": "not at_first or ready"},
            "second": {"always": "at_first or done or ready == (x == 1)"},
            "done-is-not-ready": {"never": "done and ready"},
            "family": {"always": "family"},
            "can-wait": {"reachable": "not ready and not done"},
            "can-end": {"reachable": "done"},
            "in-a-spec": {"always": 'at_first == p.at("first") and done == p.done'},
        },
        engine=engine,
    )
    verdicts = {result.name: result.verdict for result in outcome}
    assert verdicts.pop("deadlock") == "violated", "x may stay 0, and p wait for ever"
    assert set(verdicts.values()) == {"holds"}


def test_an_index_of_a_family_out_of_range_is_refused() -> None:
    assert refusal(Asked(), {"o": {"never": "outside"}}).message == (
        "'q' has 2 processes; q[2] is none"
    )
    assert refusal(Asked(), {"o": {"never": "no_index"}}).message == (
        "'q' is indexed with '0'; an index is an integer"
    )


def test_a_daemon_may_wait_for_ever_and_another_may_not() -> None:
    class M(Two):
        daemon: bool = param(True)

        @process(daemon=True)
        def p(self) -> Steps:
            yield when(lambda: self.x == 1, "wait")

    class N(Two):
        @process
        def p(self) -> Steps:
            yield when(lambda: self.x == 1, "wait")

    assert check(M()).statistics.deadlocks == 0
    assert check(N()).statistics.deadlocks == 1


def test_a_process_may_have_no_steps_at_all() -> None:
    """1 state: it has ended before it began."""

    class M(Two):
        @process
        def p(self) -> Steps:
            if self.kind != "one":
                yield "never"

        kind: str = param("one")

    assert exact_count(M()) == 1


def test_a_label_may_be_computed() -> None:
    """3: step 0, step 1, the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            for i in range(2):
                yield f"step {i}"

        @predicate
        def second(self) -> bool:
            return bool(self.p.at("step 1"))

    assert check(M(), {"s": {"reachable": "second"}})["s"].verdict == "holds"
    assert exact_count(M()) == 3
