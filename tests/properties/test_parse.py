from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.properties.scenery import Scenery, Situation, Steps
from utcheck import Model, UsageError, predicate, process
from utcheck.errors import ModelError
from utcheck.model.instance import Instance
from utcheck.properties.kinds import EventAtom, Kind, Predicate, Property
from utcheck.properties.parse import PropertyErrors, parse_properties

BUILT_IN = [("deadlock", "deadlock"), ("assertions", "assertions")]
INVARIANT = [("small_enough", "always")]


def labels(process: str) -> frozenset[str] | None:
    return {"p": frozenset({"first", "second"}), "vm": None}[process]


def parsed(mapping: Mapping[str, Any]) -> list[Property]:
    return parse_properties(mapping, Instance(Scenery()), labels)


def names(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(claim.name, claim.kind.value) for claim in parsed(mapping)]


def test_without_a_mapping_invariants_and_built_in_properties_are_checked() -> None:
    assert names({}) == INVARIANT + BUILT_IN


def test_those_of_the_mapping_come_first_in_its_order() -> None:
    mapping = {"b": {"never": "stopped"}, "deadlock": {"text": "no"}, "a": {"reachable": "ready"}}
    found = [("b", "never"), ("deadlock", "deadlock"), ("a", "reachable")]
    assert names(mapping) == [*found, *INVARIANT, BUILT_IN[1]]


@pytest.mark.parametrize("off", ["off", False])
@pytest.mark.parametrize("on", ["on", True])
def test_what_is_checked_without_being_asked_for_has_a_switch(off: object, on: object) -> None:
    assert names({"deadlock": off, "small_enough": off, "assertions": on}) == BUILT_IN[1:]
    assert names({"small_enough": on}) == INVARIANT + BUILT_IN


def test_a_property_may_take_the_name_of_an_invariant() -> None:
    assert names({"small_enough": {"never": "stopped"}})[0] == ("small_enough", "never")


def test_operands_text_and_premise() -> None:
    mapping = {
        "one": {"always": "not stopped or\n ready", "text": "a sentence"},
        "two": {"leads_to": ["stopped", "count > 3"]},
        "three": {"eventually": True},
    }
    one, two, three, invariant, *_ = parsed(mapping)
    assert [operand.text for operand in one.operands] == ["not stopped or ready"]
    assert (one.text, one.premise and one.premise.text) == ("a sentence", "stopped")
    assert [operand.text for operand in two.operands] == ["stopped", "count > 3"]
    assert (two.premise, three.operands[0].text) == (None, "True")
    assert (invariant.text, invariant.operands[0].text) == (
        "The level is never more than three.",
        "small_enough",
    )


def test_predicates_answer_about_the_state_of_the_run() -> None:
    situation = Situation()
    claims = parse_properties(
        {"a": {"always": "not stopped"}, "b": {"leads_to": ["stopped", "count == 4"]}},
        situation.instance,
    )
    answers = [situation.answer(operand) for claim in claims for operand in claim.operands]
    assert answers == [True, False, True, True]


@pytest.mark.parametrize(
    ("given", "invariant"),
    [("G stopped", True), ("[] !({count == 4} & stopped)", True), ("always not stopped", True),
     ("F stopped", False), ("G X stopped", False), ("stopped", False),
     ('G !event("told")', False), (True, False)],
)  # fmt: skip
def test_a_formula_about_every_state_alone_is_an_invariant(given: Any, invariant: bool) -> None:
    claim = parsed({"a": {"ltl": given}})[0]
    assert (claim.kind, claim.invariant, len(claim.operands)) == (Kind.LTL, invariant, invariant)


def test_atoms_of_formulas_are_predicates_and_events() -> None:
    claim = parsed({"a": {"ltl": 'G (stopped -> F ({count == 4} | event("told")))'}})[0]
    assert claim.temporal.text == 'G (stopped -> F ({count == 4} | event("told")))'
    *predicates, event = claim.temporal.atoms
    assert [p.text for p in predicates if isinstance(p, Predicate)] == ["stopped", "count == 4"]
    assert event == EventAtom("told")


def test_a_property_of_steps_may_be_about_some_steps_only() -> None:
    holds = "old.count <= count or old.p.at('first')"
    one, two, three = parsed({
        "one": {"step": holds}, "two": {"step": {"holds": holds, "name": "first", "process": "p"}},
        "three": {"step": {"holds": holds, "process": "vm"}},
    })[:3]  # fmt: skip
    assert (one.label, one.processes) == (None, None)
    assert (two.label, two.processes) == ("first", frozenset({0}))
    assert (three.label, three.processes) == (None, frozenset({1, 2}))


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"a": {"always": "stoped"}},
         "a.always, column 1: unknown name 'stoped', did you mean 'stopped'?"),
        ({"a": {"leads_to": ["stopped", "p.at('frist')"]}},
         "a.leads_to.1, column 6: 'p' has no step labelled 'frist', did you mean 'first'?"),
        ({"a": {"leads_to": ["stopped"]}},
         "a.leads_to: 'leads_to' has two expressions: [PREMISE, GOAL]"),
        ({"a": {"leads_to": "stopped"}},
         "a.leads_to: 'leads_to' has two expressions: [PREMISE, GOAL]"),
        ({"a": {"always": "level[0]"}},
         "a.always, column 1: `level[0]` is of type int, not true or false"),
        ({"a": {"always": 3}}, "a.always: expected an expression"),
        ({"a": {"always": {"stopped": None}}},
         "a.always: expected an expression; one that begins with a bracket must be quoted"),
        ({"a": {"alwyas": "stopped"}}, "a.alwyas: unknown key 'alwyas', did you mean 'always'?"),
        ({"a": {"always": "stopped", "txt": ""}},
         "a.txt: unknown key 'txt', did you mean 'text'?"),
        ({"a": {"always": "stopped", "never": "stopped"}},
         "a.never: 'a' is both 'always' and 'never'; write two properties"),
        ({"a": {"text": "nothing"}},
         "a: 'a' has no kind; it is one of always, never, reachable, eventually, leads_to, ltl, "
         "step or possible_always"),
        ({"a": {"always": "stopped", "text": 3}}, "a.text: expected a string"),
        ({"a": {"ltl": 3}}, "a.ltl: expected a formula"),
        ({"a": {"ltl": {"stopped": None}}},
         "a.ltl: expected a formula; one that begins with a brace or bracket must be quoted"),
        ({"a": {"ltl": "G (stopped -> F {cuont == 4})"}},
         "a.ltl, column 18: unknown name 'cuont', did you mean 'count'?"),
        ({"a": {"ltl": "F {p.at('frist')}"}},
         "a.ltl, column 9: 'p' has no step labelled 'frist', did you mean 'first'?"),
        ({"a": {"ltl": "G count"}}, "a.ltl, column 3: `count` is of type int, not true or false"),
        ({"a": {"ltl": "G (stopped"}}, "a.ltl, column 3: '(' is not closed"),
        ({"a": {"possible_always": "stoped"}},
         "a.possible_always, column 1: unknown name 'stoped', did you mean 'stopped'?"),
        ({"a": {"always": "old.stopped"}}, "a.always, column 1: unknown name 'old'"),
        ({"a": {"step": "old.stoped"}}, "a.step, column 5: the model has no variable, process or "
                                        "predicate 'stoped', did you mean 'stopped'?"),
        ({"a": {"step": "old"}}, "a.step, column 1: 'old' is the state before the step; name a "
                                 "variable: old.x"),
        ({"a": {"step": {"name": "first"}}}, "a.step: a step property needs the key 'holds'"),
        ({"a": {"step": {"holds": "stopped", "label": "first"}}},
         "a.step.label: unknown key 'label'"),
        ({"a": {"step": {"holds": "stopped", "name": "frist", "process": "p"}}},
         "a.step.name: no step is labelled 'frist', did you mean 'first'?"),
        ({"a": {"step": {"holds": "stopped", "process": "P"}}},
         "a.step.process: there is no process 'P'"),
        ({"a": {"step": {"holds": "stoped"}}},
         "a.step.holds, column 1: unknown name 'stoped', did you mean 'stopped'?"),
        ({"a": "stopped"},
         "a: a property is written {KIND: EXPRESSION}, where KIND is always, never, reachable, "
         "eventually, leads_to, ltl, step or possible_always"),
        ({"a": None},
         "a: a property is written {KIND: EXPRESSION}, where KIND is always, never, reachable, "
         "eventually, leads_to, ltl, step or possible_always"),
        ({"deadlok": "off"}, "deadlok: only small_enough, deadlock and assertions can be switched "
                             "on and off, not 'deadlok', did you mean 'deadlock'?"),
        ({"deadlock": "never"}, "deadlock: 'deadlock' is built in: it is on, off or {text: ...}"),
        ({"deadlock": {"always": "stopped"}},
         "deadlock.always: 'deadlock' is built in and has no key but 'text', so not 'always'"),
        ({3: {"always": "stopped"}}, "3: the name of a property is a string"),
        ({"": {"always": "stopped"}}, ": the name of a property is a string"),
    ],
)  # fmt: skip
def test_is_refused(mapping: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(PropertyErrors) as caught:
        parsed(mapping)
    assert [str(one) for one in caught.value.problems] == [problem]


def test_every_problem_is_found() -> None:
    with pytest.raises(UsageError) as caught:
        parsed({"a": {"always": "stoped"}, "b": {"never": "x"}, "c": {"never": "stopped"}, "d": 1})
    assert str(caught.value).count("\n") == 2
    assert str(caught.value).startswith("error: properties: a.always, column 1: unknown name")


def test_properties_are_a_mapping() -> None:
    with pytest.raises(PropertyErrors, match="properties are a mapping from names, not a list"):
        parsed(["stopped"])  # type: ignore[arg-type]


def test_labels_that_are_computed_are_not_checked() -> None:
    assert names({"a": {"never": 'vm[0].at("anything")'}})[0] == ("a", "never")


class Operators(Model):
    done: bool = False

    @process
    def p(self) -> Steps:
        yield "step"

    @predicate
    def G(self) -> bool:
        return self.done


def test_a_predicate_may_not_be_named_like_an_operator() -> None:
    with pytest.raises(ModelError) as caught:
        parse_properties({}, Instance(Operators()))
    assert caught.value.message == (
        "the predicate 'G' is named like an operator; call it something else"
    )
    assert caught.value.place is not None
    assert caught.value.place.line is not None


class Forgetful(Model):
    done: bool = False

    @process
    def p(self) -> Steps:
        yield "step"

    @predicate
    def nothing(self) -> None:
        """Return nothing, where a predicate returns True or False."""


def test_a_predicate_that_returns_nothing_is_an_error_when_it_is_asked() -> None:
    situation = Situation(Forgetful())
    (claim, *_) = parse_properties({"a": {"always": "nothing"}}, situation.instance)
    with pytest.raises(ModelError, match="`nothing` is None, not true or false"):
        situation.answer(claim.operands[0])


def test_kinds_of_this_version() -> None:
    assert [kind.value for kind in Kind] == [
        "always", "never", "reachable", "eventually", "leads_to", "ltl", "step", "possible_always",
        "deadlock", "assertions",
    ]  # fmt: skip
