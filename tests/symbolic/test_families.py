"""Families of models whose numbers of states are known, beyond what can be visited."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.bench.models import Dials, Filter, Philosophers
from tests.steps import Steps
from tests.symbolic.comparing import assert_agreement
from utcheck import Model, array, param, predicate, process, when
from utcheck.check import check
from utcheck.graph.simulation import Simulation
from utcheck.outcome import Outcome, Verdict


def symbolic(model: Model, properties: Mapping[str, object] | None = None) -> Outcome:
    return check(model, properties, engine="symbolic")


@pytest.mark.parametrize(("n", "k"), [(3, 5), (40, 16), (415, 16)])
def test_dials_have_k_to_the_n_states(n: int, k: int) -> None:
    """Each of n dials has k places, and each can turn in every state; k - 1 turns are the most."""
    found = symbolic(Dials(n=n, k=k), {"back": {"possible_always": "dial[0] == dial[n - 1] == 0"}})
    assert found.statistics.states == k**n
    assert found.statistics.transitions == n * k**n
    assert found.statistics.depth == n * (k - 1)
    assert found.statistics.deadlocks == 0
    assert found.verdict is Verdict.HOLDS


def test_500_digits() -> None:
    """16^415 has 500 digits: 415 log10(16) = 499.7."""
    assert len(str(16**415)) == 500


class Philosophers2(Philosophers):
    """The last philosopher takes the other fork first."""

    @process(each="n")
    def phil(self, i: int) -> Steps:
        first, second = (i, (i + 1) % self.n) if i < self.n - 1 else (0, i)
        while True:
            yield when(lambda: not self.fork[first], "take a fork")
            self.fork[first] = True
            yield when(lambda: not self.fork[second], "take the other fork")
            self.fork[second] = True
            yield "put a fork down"
            self.fork[first] = False
            yield "put the other fork down"
            self.fork[second] = False


def philosophers(n: int) -> int:
    """Return the number of states by the transfer matrix.

    Philosopher i is thinking (0), has the left fork (1), both (2) or only the right one (3). What
    matters is whether he has his right fork, which is the left one of his neighbour: 2 and 3 may
    not stand before 1 or 2. Round the table that is the trace of a matrix to the power of n. One
    of these states is not reached: that all have only their right forks, for the last of them to
    put his left fork down had the fork of his neighbour.
    """
    row = [[1 if not (a in (2, 3) and b in (1, 2)) else 0 for b in range(4)] for a in range(4)]
    power = [[int(a == b) for b in range(4)] for a in range(4)]
    for _ in range(n):
        power = [[sum(p[k] * row[k][b] for k in range(4)) for b in range(4)] for p in power]
    return sum(power[a][a] for a in range(4)) - 1


@pytest.mark.parametrize("n", [2, 3, 5, 50, 300])
def test_philosophers(n: int) -> None:
    """The only deadlock is that all have their left forks, which is n steps away."""
    found = symbolic(Philosophers(n=n))
    assert found.statistics.states == philosophers(n)
    assert found.statistics.deadlocks == 1
    trace = found["deadlock"].trace
    assert trace is not None
    assert [step.label for step in trace.steps] == ["take the left fork"] * n
    assert len({step.process for step in trace.steps}) == n


def test_a_replay_asks_who_is_enabled_only_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of n steps asks its process, and the judge and the trace ask all n in the last state."""
    asked: list[int] = []
    really = Simulation.enabled

    def enabled(simulation: Simulation, process: int) -> bool:
        asked.append(process)
        return really(simulation, process)

    monkeypatch.setattr(Simulation, "enabled", enabled)
    assert symbolic(Philosophers(n=30)).verdict is Verdict.VIOLATED
    assert len(asked) == 3 * 30


@pytest.mark.parametrize("n", [2, 3, 4])
def test_small_philosophers_agree(n: int) -> None:
    assert_agreement(Philosophers(n=n), {})
    assert_agreement(Philosophers2(n=n), {})


@pytest.mark.parametrize("n", [2, 100])
def test_one_left_handed_philosopher_is_enough(n: int) -> None:
    assert symbolic(Philosophers2(n=n)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("n", [2, 3])
def test_a_filter_lock_agrees(n: int) -> None:
    assert assert_agreement(Filter(n=n), {"in": {"eventually": 'p[0].at("critical")'}})


class Chain(Model):
    """A token goes once through a chain of n places, and every place remembers it."""

    n: int = param(10)
    seen = array(bool, "n")

    @process(each="n")
    def place(self, i: int) -> Steps:
        yield when(lambda: i == 0 or self.seen[i - 1], "wait")
        self.seen[i] = True

    @predicate
    def through(self) -> bool:
        return bool(self.seen[self.n - 1])


@pytest.mark.parametrize("n", [1, 2, 30])
def test_a_chain_is_got_through(n: int) -> None:
    """One step after another: n + 1 states, and the token comes through if processes are fair."""
    properties = {"through": {"eventually": "through"}, "late": {"never": "through"}}
    found = symbolic(Chain(n=n), properties)
    assert (found.statistics.states, found.statistics.depth) == (n + 1, n)
    assert found["through"].verdict is Verdict.HOLDS
    trace = found["late"].trace
    assert trace is not None
    assert len(trace) == n
