"""The early resume of utrace: what breaks a repair, and what the specs cannot say."""

from __future__ import annotations

import pytest

from models.utrace.base import Utrace
from models.utrace.early_resume_mutants import (
    BarrierBeforeAnswer,
    DetachKeepsTaskStop,
    DetachWakesNobody,
    FirstApiAsksOnce,
    NoRecount,
    NoWakeup,
    OneBitMarkedAgain,
    OneBitNotAsked,
    Patch1Unsettled,
    Patch1WakesAtOnce,
    ReportAndForget,
    RightNotAsked,
    RightWithoutBit,
    StopOnce,
    UnsampledExit,
)
from models.utrace.later import Later, LaterRight
from models.utrace.owners import Owners
from models.utrace.set_flags import FirstApi, FlagAndAsk, FlagOnly
from models.utrace.two_bits import (
    Cleared,
    Mail,
    OneBit,
    Patch1,
    Patch1Cleared,
    Patch1Right,
    Right,
)
from models.utrace.variants import CLASSES, Variants
from models.utrace.workarounds import Barrier, ReportInstead, StopUntilZero
from utcheck import Model, check

PROPERTIES = {
    "resumes": {"leads_to": ["answered", "p_moves"]},
    "done": {"eventually": "p.done"},
    "early": {"never": "went_early"},
}
LOST = {"resumes", "done", "deadlock"}
EXIT = {"entry": False, "exit": True}


def violated(model: Model) -> set[str]:
    outcome = check(model, PROPERTIES)
    return {name for name in (*PROPERTIES, "deadlock") if outcome[name].verdict != "holds"}


@pytest.mark.parametrize(
    ("right", "mutant", "parameters", "falls"),
    [
        (Utrace, NoWakeup, {"window": "stopped"}, LOST),
        (Utrace, UnsampledExit, {"window": "marked", **EXIT}, LOST),
        (StopUntilZero, StopOnce, {}, LOST),
        (OneBit, OneBitNotAsked, {}, LOST),
        (OneBit, OneBitMarkedAgain, {}, LOST),
        (Right, RightNotAsked, {}, LOST),
        (Right, RightWithoutBit, {}, LOST),
        (Right, Mail, {"calls": 2}, {"early"}),
        (Right, Cleared, {"then": "set_events"}, LOST),
        (Patch1Right, Patch1, {"calls": 2, **EXIT}, {"early"}),
        (Patch1Right, Patch1Cleared, {"then": "STOP"}, {"early"}),
        (Patch1, Patch1Unsettled, {"calls": 2}, {"early"}),
        (Patch1, Patch1WakesAtOnce, {"engines": 2, "kinds": "d"}, {"early"}),
        (Patch1, Patch1WakesAtOnce, {"engines": 3, "kinds": "dtd"}, {"early"}),
        (Barrier, BarrierBeforeAnswer, {"window": "told"}, LOST),
        (ReportInstead, ReportAndForget, {"window": "told", **EXIT}, LOST),
        (Owners, DetachWakesNobody, {"answer": "DETACH", "window": "stopped"}, LOST),
        (FlagAndAsk, FlagOnly, {}, LOST),
        (FirstApi, FirstApiAsksOnce, {"calls": 2}, {"early"}),
        (LaterRight, Later, {"window": "marked"}, LOST),
        (Later, DetachKeepsTaskStop, {"answer": "DETACH", "window": "marked"}, LOST),
        (Later, NoRecount, {"answer": "DETACH", "engines": 2}, {"early"}),
    ],
)
def test_each_change_is_needed(
    right: type[Model], mutant: type[Model], parameters: dict[str, object], falls: set[str]
) -> None:
    assert violated(right(**parameters)) == set()
    assert violated(mutant(**parameters)) == falls


def test_the_owners_model_is_the_base_model_where_no_owner_does_more() -> None:
    for parameters in ({"engines": 2}, EXIT, {"engines": 2, "exit": True}):
        base, owners = (check(kind(**parameters), PROPERTIES) for kind in (Utrace, Owners))
        assert owners.statistics.states == base.statistics.states
        assert owners.statistics.transitions == base.statistics.transitions


@pytest.mark.parametrize("name", CLASSES)
def test_a_row_of_the_table_is_its_own_class(name: str) -> None:
    row = check(Variants(variant=name, engines=2), PROPERTIES)
    alone = check(CLASSES[name](engines=2), PROPERTIES)
    assert row.statistics.states == alone.statistics.states
    assert row.statistics.transitions == alone.statistics.transitions
    for prop in (*PROPERTIES, "deadlock"):
        assert row[prop].verdict == alone[prop].verdict


def test_in_the_marked_part_p_stops_with_every_flag_clear() -> None:
    outcome = check(
        Utrace(window="marked"),
        {"stuck": {"never": "stopped and p.at('stopped') and not engine[0].stop"}},
    )
    assert outcome["stuck"].verdict == "violated"
    told = check(
        Utrace(window="told"),
        {"stuck": {"never": "stopped and p.at('stopped') and not engine[0].stop"}},
    )
    assert told["stuck"].verdict == "holds"


def test_a_barrier_in_v0904_is_what_hangs_and_not_the_resume() -> None:
    hangs = {"hangs": {"reachable": "stopped and vm[0].at('utrace_barrier') and reporting == 0"}}
    parameters = {"window": "stopped", **EXIT}
    assert check(Barrier(**parameters), hangs)["hangs"].verdict == "holds"
    fixed = check(Barrier(**parameters, fixed=True), PROPERTIES)
    assert fixed["done"].verdict == "holds"


@pytest.mark.parametrize("kinds", ["vt", "tv"])
@pytest.mark.parametrize("window", ["told", "marked", "sampled", "stopped"])
@pytest.mark.parametrize("event", [{}, EXIT])
def test_a_tracer_beside_a_virtualizer_changes_no_verdict(
    kinds: str, window: str, event: dict[str, bool]
) -> None:
    alone = violated(Owners(window=window, **event))
    assert violated(Owners(engines=2, kinds=kinds, window=window, **event)) == alone


@pytest.mark.parametrize("variant", ["one-bit", "2B-unset", "patch1-right", "2A"])
def test_a_stranger_takes_no_resume_from_a_follower(variant: str) -> None:
    """What he keeps stopped he keeps stopped: that is `done`, and not `resumes`."""
    model = Variants(variant=variant, engines=2, kinds="vs", words=2)
    assert violated(model) == {"done", "deadlock"}


def test_a_patient_follower_is_not_safe_from_a_stranger_who_speaks_twice() -> None:
    for words, falls in ((1, {"done", "deadlock"}), (2, LOST)):
        model = Owners(engines=2, kinds="vs", words=words, window="stopped")
        assert violated(model) == falls


def test_an_interrupt_asks_for_a_pass_of_the_signal_code() -> None:
    passes = {"signal": {"reachable": "p.at('utrace_get_signal')"}}
    assert check(Owners(answer="INTERRUPT"), passes)["signal"].verdict == "holds"
    assert check(Owners(), passes)["signal"].verdict == "violated"


def test_a_resume_after_the_sigkill_hides_it_until_the_call_is_made() -> None:
    """finish_utrace_stop knows a SIGKILL by `stopped`, which the RESUME has cleared (P16)."""
    dead = {"dead": {"never": "called_dead"}, "freed": {"eventually": "p.done"}}
    outcome = check(Utrace(kill=True), dead)
    trace = outcome["dead"].trace
    assert trace is not None
    assert [(step.process, step.label) for step in trace.steps][-6:] == [
        ("p", "utrace_stop"),
        ("killer", "SIGKILL"),
        ("vm[0]", "wait for an event"),
        ("vm[0]", "utrace_control(RESUME)"),
        ("p", "stopped"),
        ("p", "system call"),
    ]
    assert outcome["freed"].verdict == "holds"
    assert check(Later(kill=True), dead).verdict == "holds"


def test_in_the_last_kernel_nobody_stops_at_exit_unless_somebody_wants_quiesce() -> None:
    for kinds, falls in (("v", {"early"}), ("vd", {"early"}), ("vq", set())):
        model = Later(engines=len(kinds), kinds=kinds, window="stopped", **EXIT)
        assert violated(model) == falls
