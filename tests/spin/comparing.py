"""One model and some formulas, decided by utcheck and by Spin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from tests.spin import as_promela, as_python
from tests.spin.formulas import Formula, as_ltl, as_ltl_of_spin
from tests.spin.models import SmallModel
from tests.spin.never import never_claim
from tests.spin.pan import TooDeep, Verifier
from tests.spin.random_formulas import random_formula
from tests.spin.random_models import Author
from tests.strategies import load
from utcheck.check import check
from utcheck.outcome import Outcome, Verdict

FAIRNESS = {True: "processes", False: "none"}
ANYWHERE = "anywhere"  # the claim that is true in every state, to count them

Verdicts = dict[tuple[str, bool], bool]  # by formula and fairness: whether it holds
Asked = Callable[[Formula], Mapping[str, object]]


@dataclass(frozen=True)
class Case:
    """A model and what is asked about it; its text has all that is needed to repeat it."""

    model: SmallModel
    formulas: Mapping[str, Formula]
    title: str = ""

    def __str__(self) -> str:
        """Return the model for utcheck, the formulas, and the model and the claims for Spin."""
        formulas = [f"{name}: {as_ltl(formula)}" for name, formula in self.formulas.items()]
        python = as_python.source(self.model)
        return "\n".join([self.title, "", python, *formulas, "", self.promela()])

    def promela(self, idle: bool = True) -> str:
        """Return the model and the claims about it."""
        anywhere = f"ltl {ANYWHERE} {{ [] (at_{self.model.processes[0].name} < 255) }}\n"
        claims = (text for name in self.formulas for text in self.claims(name).values())
        return "\n".join([as_promela.source(self.model, idle), anywhere, *claims])

    def claims(self, name: str) -> dict[str, str]:
        """Return the claims about a formula: ours, and the one that Spin negates and translates."""
        formula, own = self.formulas[name], f"own_{name}"
        claims = {own: never_claim(own, formula, self.model)}
        if formula.count("X"):
            return claims
        return {name: f"ltl {name} {{ {as_ltl_of_spin(formula, self.model)} }}\n", **claims}


def random_case(seed: int, count: int, kind: Callable[..., Formula] = random_formula) -> Case:
    """Return a model and so many formulas about it; `seed` says which."""
    random = Random(seed)
    author = Author(random)
    model = author.model()
    questions = [author.question(model) for _ in range(5)]
    formulas = {f"f{i}": kind(random, random.sample(questions, 3)) for i in range(count)}
    return Case(model, formulas, f"seed {seed}")


def ltl(formula: Formula) -> Mapping[str, object]:
    """Return a formula as a property of a spec."""
    return {"ltl": as_ltl(formula)}


def eventuality(formula: Formula) -> Mapping[str, object]:
    """Return `F p` and `G (p -> F q)` as properties of the kinds that stand for them."""
    inner = formula.operands[0]
    if formula.operator == "F":
        return {"eventually": _state(inner)}
    return {"leads_to": [_state(inner.operands[0]), _state(inner.operands[1].operands[0])]}


def _state(formula: Formula) -> str:
    assert formula.condition is not None
    return as_python.expression(formula.condition)


def by_utcheck(case: Case, asked: Asked = ltl) -> tuple[Verdicts, int]:
    """Return the verdicts of utcheck, and the number of states."""
    model = load(as_python.source(case.model))
    properties = {name: asked(formula) for name, formula in case.formulas.items()}
    verdicts: Verdicts = {}
    states = 0
    for fair in FAIRNESS:
        outcome = check(model, {"deadlock": "off", **properties}, fairness=FAIRNESS[fair])
        states = outcome.statistics.states
        verdicts.update({(name, fair): _holds(outcome, name) for name in case.formulas})
    return verdicts, states


def by_spin(case: Case, folder: Path, idle: bool = True) -> tuple[Verdicts, int]:
    """Return the verdicts of Spin, and the number of states.

    There is none where its searches came to their greatest depth. Files are left in the folder.
    """
    verifier = Verifier(case.promela(idle), folder)
    verdicts: Verdicts = {}
    for name, fair in product(case.formulas, FAIRNESS):
        answers = {one for claim in case.claims(name) for one in _answer(verifier, claim, fair)}
        assert len(answers) < 2, f"two automata for {name}, two answers (fair: {fair}):\n\n{case}"
        verdicts.update(((name, fair), answer) for answer in answers)
    return verdicts, verifier.states(ANYWHERE)


def assert_agreement(case: Case, folder: Path, asked: Asked = ltl, idle: bool = True) -> Verdicts:
    """Decide with both, which must say the same, and return the verdicts of Spin."""
    verdicts, states = by_utcheck(case, asked)
    said, stored = by_spin(case, folder, idle)
    assert states == stored, f"states: utcheck {states}, spin {stored}\n\n{case}"
    shown = [
        f"{name}, fair {fair}: utcheck {verdicts[name, fair]}, spin {answer}"
        for (name, fair), answer in said.items()
        if verdicts[name, fair] != answer
    ]
    assert not shown, "\n".join(["whether it holds:", *shown, "", str(case)])
    return said


def _answer(verifier: Verifier, claim: str, fair: bool) -> list[bool]:
    try:
        return [verifier.holds(claim, fair)]
    except TooDeep:
        return []


def _holds(outcome: Outcome, name: str) -> bool:
    verdict = outcome[name].verdict
    assert verdict is not Verdict.UNDECIDED, outcome[name].reason
    return verdict is Verdict.HOLDS
