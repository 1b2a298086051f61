"""The cases that are known to go wrong, with their verdicts by hand: utcheck and Spin say the same.

A verdict is a letter with weak fairness, and one without: `H` for holds, `V` for violated.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.spin.comparing import FAIRNESS, Case, assert_agreement
from tests.spin.formulas import Formula, apply, atom
from tests.spin.models import (
    Assign,
    At,
    Branch,
    Chance,
    Choose,
    Done,
    Enabled,
    Is,
    Loop,
    Not,
    Process,
    SmallModel,
    Step,
    Variable,
)
from tests.spin.pan import MISSING, REASON

pytestmark = pytest.mark.skipif(bool(MISSING), reason=REASON)

A, B = Variable("a", 2), Variable("b", 2)
C = Variable("c", 3)
SET_A, SET_B = Assign(A, 1), Assign(B, 1)
FLIP_A = Assign(A, 1, A)
a, b = atom(Is(A, 1)), atom(Is(B, 1))
ROUND = Loop((Step("round"),))  # for ever, and nothing changes


def F(operand: Formula) -> Formula:
    return apply("F", operand)


def G(operand: Formula) -> Formula:
    return apply("G", operand)


def X(operand: Formula) -> Formula:
    return apply("X", operand)


def no(operand: Formula) -> Formula:
    return apply("!", operand)


def both(left: Formula, right: Formula) -> Formula:
    return apply("&", left, right)


def implies(left: Formula, right: Formula) -> Formula:
    return apply("->", left, right)


def at(process: str, label: str) -> Formula:
    return atom(At(process, label))


def done(process: str) -> Formula:
    return atom(Done(process))


def model(*variables: Variable, **processes: tuple[Step | Branch | Loop, ...]) -> SmallModel:
    return SmallModel(variables, tuple(Process(name, body) for name, body in processes.items()))


def assert_verdicts(
    folder: Path, small: SmallModel, expected: Mapping[Formula, str], idle: bool = True
) -> None:
    """Ask both tools; every verdict must be there and be the one that is expected."""
    case = Case(small, {f"f{i}": formula for i, formula in enumerate(expected)})
    said = assert_agreement(case, folder, idle=idle)
    shown = ["".join("VH"[said[name, fair]] for fair in FAIRNESS) for name in case.formulas]
    assert shown == list(expected.values()), case


# ---------------------------------------------------------------------- no cycle at all


def test_a_diamond_whose_ways_meet_has_no_cycle(tmp_path: Path) -> None:
    """p sets a, q sets b, in either order; then everything has ended."""
    diamond = model(A, B, p=(Step("set", (SET_A,)),), q=(Step("set", (SET_B,)),))
    assert_verdicts(tmp_path, diamond, {
        F(both(a, b)): "HH",
        F(G(both(a, b))): "HH",
        F(both(a, no(b))): "VV",  # not if q is first, though the join is also reached the other way
        F(both(no(a), b)): "VV",
        apply("|", F(both(a, no(b))), F(both(no(a), b))): "HH",
        apply("U", no(both(a, b)), both(done("p"), done("q"))): "HH",
    })  # fmt: skip


def test_a_join_behind_the_goal_on_one_of_two_ways(tmp_path: Path) -> None:
    """p chooses 1 or 2 for c, then sets it to 0 whatever it was, and ends."""
    steps = (Step("choose", (Choose(C, (1, 2)),)), Step("join", (Assign(C, 0),)))
    one, two = atom(Is(C, 1)), atom(Is(C, 2))
    assert_verdicts(tmp_path, model(C, p=steps), {
        F(one): "VV",
        F(two): "VV",
        F(apply("|", one, two)): "HH",
        F(done("p")): "HH",
        G(implies(one, F(both(done("p"), no(one))))): "HH",
    })  # fmt: skip


def test_a_join_inside_a_cycle(tmp_path: Path) -> None:
    """The same for ever: 1 need never be chosen, and no fairness between processes says so."""
    steps = (Step("choose", (Choose(C, (1, 2)),)), Step("join", (Assign(C, 0),)))
    one, two = atom(Is(C, 1)), atom(Is(C, 2))
    assert_verdicts(tmp_path, model(C, p=(Loop(steps),)), {
        F(one): "VV",
        G(F(at("p", "join"))): "HH",
        apply("->", G(F(one)), G(F(two))): "VV",
        G(F(apply("|", one, two))): "HH",
        F(G(two)): "VV",
    })  # fmt: skip


# ---------------------------------------------------------------------- cycles and fairness


def test_a_self_loop_is_a_cycle(tmp_path: Path) -> None:
    """p goes round for ever; whether q ever sets a is a question of fairness."""
    loops = model(A, B, p=(ROUND,), q=(Step("set", (SET_A,)),))
    assert_verdicts(tmp_path, loops, {
        F(a): "HV",
        F(G(done("q"))): "HV",
        G(F(at("p", "round"))): "HH",
        F(b): "VV",
        F(done("p")): "VV",
        G(implies(no(a), F(a))): "HV",
        apply("W", no(a), done("q")): "HH",
        apply("U", no(a), done("q")): "HV",
    })  # fmt: skip


@pytest.mark.parametrize("begin", [0, 1])
def test_a_process_enabled_again_and_again_but_not_always_may_starve(
    begin: int, tmp_path: Path
) -> None:
    """q can go only while a is true, and p switches it on and off."""
    switch = Variable("a", 2, begin)
    p = (Loop((Step("flip", (Assign(switch, 1, switch),)),)),)
    q = (Step("go", (SET_B,), Is(switch, 1)),)
    on = atom(Is(switch, 1))
    assert_verdicts(tmp_path, model(switch, B, p=p, q=q), {
        F(b): "VV",
        G(F(atom(Enabled("q")))): "VV",  # not once it has ended
        apply("|", F(b), G(F(atom(Enabled("q"))))): "HH",
        implies(G(F(atom(Enabled("q")))), F(b)): "VV",  # this is what strong fairness would owe it
        F(G(atom(Enabled("q")))): "VV",
        G(F(on)): "HH",  # q moves once, hence p for ever
    })  # fmt: skip


def test_a_process_that_is_always_enabled_moves(tmp_path: Path) -> None:
    q = (Step("go", (SET_B,)),)
    assert_verdicts(tmp_path, model(A, B, p=(Loop((Step("flip", (FLIP_A,)),)),), q=q), {
        F(b): "HV",
        G(F(a)): "HH",
        G(F(no(a))): "HH",
    })  # fmt: skip


def test_fairness_is_owed_to_processes_and_not_to_their_choices(tmp_path: Path) -> None:
    """p goes round, and may leave the loop each time; nobody makes it."""
    p = (Step("begin"), Loop((Step("round"),), Chance()), Step("leave", (SET_A,)))
    assert_verdicts(tmp_path, model(A, p=p), {
        F(done("p")): "VV",
        F(a): "VV",
        apply("|", F(G(at("p", "round"))), F(done("p"))): "HH",
        G(implies(at("p", "leave"), F(done("p")))): "HH",
    })  # fmt: skip


def test_a_process_that_waits_or_has_ended_is_owed_nothing(tmp_path: Path) -> None:
    """q waits for ever and r has ended, while p goes round: that is fair."""
    waits = (Step("wait", (), Is(A, 1)),)
    assert_verdicts(tmp_path, model(A, B, p=(ROUND,), q=waits, r=(Step("set", (SET_B,)),)), {
        G(at("q", "wait")): "HH",
        F(done("q")): "VV",
        F(b): "HV",
        F(G(b)): "HV",
        G(no(atom(Enabled("q")))): "HH",
    })  # fmt: skip


def test_a_cycle_that_no_run_reaches(tmp_path: Path) -> None:
    """p would go round without b if a were true in the beginning, which it is not."""
    p = (Step("begin"), Branch(Is(A, 1), (ROUND,), (Step("else", (SET_B,)),)))
    q = (Step("late", (SET_A,), Is(B, 1)),)  # then p has passed the branch
    assert_verdicts(tmp_path, model(A, B, p=p, q=q), {
        F(b): "HH",
        F(a): "HH",
        F(at("p", "round")): "VV",
        G(no(at("p", "round"))): "HH",
        F(both(done("p"), done("q"))): "HH",
    })  # fmt: skip


# ---------------------------------------------------------------------- runs that end


def ending() -> SmallModel:
    return model(A, B, p=(Step("set", (SET_A,)),))


ENDING = {
    F(a): "HH",
    G(a): "VV",
    F(G(a)): "HH",
    G(F(no(a))): "VV",
    F(G(b)): "VV",  # of this, Spin's own rule for runs that end misses the violation under fairness
    G(F(b)): "VV",
    F(b): "VV",
    G(implies(a, F(no(a)))): "VV",
    apply("R", b, no(b)): "HH",
    apply("W", no(a), b): "VV",
}


def test_a_run_that_ends_stays_in_its_last_state(tmp_path: Path) -> None:
    assert_verdicts(tmp_path, ending(), ENDING)


def test_spin_extends_a_run_that_ends_in_the_same_way(tmp_path: Path) -> None:
    """Without the process that does nothing there: this is Spin's rule, and ours is the same."""
    ours = {formula: verdict for formula, verdict in ENDING.items() if formula != F(G(b))}
    assert_verdicts(tmp_path, ending(), ours, idle=False)


@pytest.mark.parametrize("idle", [True, False])
def test_a_model_in_which_everybody_waits_from_the_beginning(idle: bool, tmp_path: Path) -> None:
    blocked = (Step("wait", (SET_B,), Is(A, 1)),)
    assert_verdicts(tmp_path, model(A, B, p=blocked, q=blocked), {
        G(at("p", "wait")): "HH",
        F(done("p")): "VV",
        F(apply("|", a, b)): "VV",
        X(at("q", "wait")): "HH",
        G(apply("<->", b, X(b))): "HH",
        F(atom(Enabled("p"))): "VV",
    }, idle)  # fmt: skip


def test_one_process_has_ended_and_the_other_waits(tmp_path: Path) -> None:
    p = (Step("set", (SET_A,)),)
    q = (Step("first", (), Is(A, 1)), Step("wait", (SET_B,), Not(Is(A, 1))))
    assert_verdicts(tmp_path, model(A, B, p=p, q=q), {
        F(G(both(done("p"), at("q", "wait")))): "HH",
        F(done("q")): "VV",
        G(F(b)): "VV",
        apply("U", at("q", "first"), a): "HH",
    })  # fmt: skip


# ---------------------------------------------------------------------- the next state


@pytest.mark.parametrize("idle", [True, False])
def test_next_on_a_run_that_ends(idle: bool, tmp_path: Path) -> None:
    """There is always a next state, and in the end it is the same one."""
    assert_verdicts(tmp_path, ending(), {
        X(a): "HH",
        X(X(a)): "HH",
        X(X(no(a))): "VV",
        X(done("p")): "HH",
        G(X(a)): "HH",
        F(both(done("p"), X(done("p")))): "HH",
        F(both(a, X(no(a)))): "VV",
        G(implies(done("p"), no(X(done("p"))))): "VV",
        no(X(no(X(a)))): "HH",
        both(no(a), X(G(a))): "HH",
    }, idle)  # fmt: skip


def test_next_sees_a_step_that_changes_nothing(tmp_path: Path) -> None:
    """p may go round before q sets a; `X` is not stutter-invariant."""
    assert_verdicts(tmp_path, model(A, p=(ROUND,), q=(Step("set", (SET_A,)),)), {
        X(a): "VV",
        X(no(a)): "VV",
        apply("|", X(a), X(X(a))): "VV",
        F(both(no(a), X(a))): "HV",
        G(implies(a, X(a))): "HH",
        G(implies(no(a), X(no(a)))): "VV",
    })  # fmt: skip


def test_next_in_a_cycle(tmp_path: Path) -> None:
    """p switches a on and off, alone."""
    assert_verdicts(tmp_path, model(A, p=(Loop((Step("flip", (FLIP_A,)),)),)), {
        G(apply("<->", a, X(no(a)))): "HH",
        G(apply("<->", a, X(X(a)))): "HH",
        F(both(a, X(a))): "VV",
        G(F(both(no(a), X(a)))): "HH",
    })  # fmt: skip
