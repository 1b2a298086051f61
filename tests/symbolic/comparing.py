"""The symbolic engine and the tree engine on one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.differential.comparing import Refusal, answer
from utcheck import Model
from utcheck.model.instance import Instance
from utcheck.outcome import PropertyResult, StopReason
from utcheck.program.close import NotClosed


def decidable(model: Model, properties: Mapping[str, object], fairness: str) -> dict[str, object]:
    """Return the properties that the symbolic engine does not refuse."""
    strong = any(process.fairness == "strong" for process in Instance(model).processes)
    refused = {"ltl", "step"}
    if strong and fairness != "none":
        refused |= {"eventually", "leads_to"}
    return {
        name: claim
        for name, claim in properties.items()
        if not (isinstance(claim, dict) and refused & claim.keys())
    }


def assert_agreement(
    model: Model, properties: Mapping[str, object], fairness: str = "processes"
) -> bool:
    """Compare counts, verdicts and lengths; return whether the model closes.

    The prefix of a run that goes round in a cycle is as short as that of the tree engine; of the
    cycles, each has its own.
    """
    claims = decidable(model, properties, fairness)
    try:
        found = answer(model, claims, "symbolic", fairness)
    except NotClosed:
        return False
    reference = answer(model, claims, "trees", fairness)
    if isinstance(reference, Refusal) or isinstance(found, Refusal):
        assert isinstance(reference, Refusal)
        assert isinstance(found, Refusal)
        if reference.trace is not None and found.trace is not None:
            assert len(found.trace) == len(reference.trace)
        return True
    assert found.stop is reference.stop is StopReason.EXHAUSTED
    assert found.statistics == reference.statistics
    assert found.never_ran == reference.never_ran
    for theirs, ours in zip(found, reference, strict=True):
        assert_same(theirs, ours)
    return True


def assert_same(theirs: PropertyResult, ours: PropertyResult) -> None:
    """Compare the verdicts on one property, and how long the runs are that show them."""
    assert replace(theirs, trace=None) == replace(ours, trace=None)
    assert (theirs.trace is None) == (ours.trace is None)
    if theirs.trace is not None and ours.trace is not None:
        lengths = [len(t) if t.cycle is None else t.cycle for t in (theirs.trace, ours.trace)]
        assert lengths[0] == lengths[1], ours.name
