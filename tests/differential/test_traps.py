"""The cases on which searches for liveness are known to go wrong, one by one.

Diamonds and joins are those on which Stateright's `eventually` misses violations. Each graph is
small enough to be decided by looking at it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.differential.definitions import Graph
from tests.differential.graphs import graph_from, lasso_in
from utcheck.properties.kinds import Predicate

PREMISE, GOAL = Predicate("premise", bool), Predicate("goal", bool)

Shown = tuple[list[int], list[int] | None] | None


def eventually(graph: Graph) -> Shown:
    """Return the processes of prefix and cycle of a run without the goal; None if there is none."""
    return _shown(graph, None)


def leads_to(graph: Graph) -> Shown:
    """Return the same for a run on which the premise is not answered."""
    return _shown(graph, PREMISE)


def _shown(graph: Graph, premise: Predicate | None) -> Shown:
    lasso = lasso_in(graph, premise, GOAL)
    if lasso is None:
        return None
    processes = [process for process, _ in lasso.run.steps]
    if lasso.cycle is None:
        return processes, None
    return processes[: lasso.cycle], processes[lasso.cycle :]


def test_a_diamond_whose_join_is_the_goal_has_no_counterexample() -> None:
    """0 -> 1 -> 3 and 0 -> 2 -> 3, the goal in 3: two ways meet, and there is no cycle."""
    graph = graph_from([0], [[(0, 1), (2, 3)], [(0, 2), (1, 3)]], ["weak", "weak"], goal=[3])
    assert eventually(graph) is None


def test_a_join_behind_the_goal_on_one_way_is_reached_without_it_on_the_other() -> None:
    """The goal is in 1 only: 0 -> 2 -> 3 ends without it, though 3 is also reached through 1."""
    graph = graph_from([0], [[(0, 1), (2, 3)], [(0, 2), (1, 3)]], ["weak", "weak"], goal=[1])
    assert eventually(graph) == ([1, 0], None)


def test_a_join_inside_a_cycle_is_a_counterexample_on_the_way_without_the_goal() -> None:
    """0 -> 1 -> 3 and 0 -> 2 -> 3, then 3 -> 3 for ever; the goal is in 1 only."""
    steps = [[(0, 1), (0, 2), (1, 3), (2, 3), (3, 3)]]
    assert eventually(graph_from([0], steps, ["weak"], goal=[1])) == ([0, 0], [0])


def test_a_self_loop_is_a_cycle() -> None:
    graph = graph_from([0], [[(0, 0), (0, 1)]], ["weak"], goal=[1])
    assert eventually(graph) == ([], [0])


def test_a_self_loop_of_another_process_starves_only_one_to_whom_nothing_is_owed() -> None:
    """Process 0 goes round for ever; 1 is enabled all the time and would reach the goal."""
    steps = [[(0, 0)], [(0, 1)]]
    assert eventually(graph_from([0], steps, ["weak", "none"], goal=[1])) == ([], [0])
    assert eventually(graph_from([0], steps, ["weak", "weak"], goal=[1])) is None
    assert eventually(graph_from([0], steps, ["none", "strong"], goal=[1])) is None


def test_a_run_that_ends_stays_in_its_last_state() -> None:
    steps = [[(0, 1), (1, 2)]]
    assert eventually(graph_from([0], steps, ["weak"], goal=[2])) is None
    assert eventually(graph_from([0], steps, ["weak"], goal=[3])) == ([0, 0], None)
    assert eventually(graph_from([0], [[]], ["weak"], goal=[1])) == ([], None)


def test_a_process_enabled_again_and_again_but_not_always_needs_strong_fairness() -> None:
    """Process 0 goes 0 -> 1 -> 0; process 1 can reach the goal from 0 only."""
    steps: Sequence[Sequence[tuple[int, int | None]]] = [[(0, 1), (1, 0)], [(0, 2)]]
    assert eventually(graph_from([0], steps, ["weak", "weak"], goal=[2])) == ([], [0, 0])
    assert eventually(graph_from([0], steps, ["weak", "strong"], goal=[2])) is None


def test_a_strongly_fair_process_that_moves_elsewhere_is_not_starved() -> None:
    """It moves on the cycle 0 -> 1 -> 0 itself, so that it need not go to the goal as well."""
    steps = [[(0, 1)], [(1, 0), (1, 2)]]
    assert eventually(graph_from([0], steps, ["weak", "strong"], goal=[2])) == ([], [0, 1])


def test_a_cycle_around_the_states_that_wake_a_strongly_fair_process_is_fair() -> None:
    """0 <-> 1 and 1 <-> 2; process 1 can reach the goal from 0, so the run goes 1, 2, 1, 2."""
    steps = [[(0, 1), (1, 0), (1, 2), (2, 1)], [(0, 3)]]
    assert eventually(graph_from([0], steps, ["weak", "strong"], goal=[3])) == ([0], [0, 0])


def test_taking_states_away_for_one_strongly_fair_process_may_starve_another() -> None:
    """Processes 1 and 2 are strongly fair; 1 goes to the goal from 0, and 2 moves through 0 only.

    Without 0 nothing moves 2, which is enabled in 1; without 1 no cycle is left.
    """
    steps = [[(0, 1), (1, 1)], [(0, 2)], [(1, 0)]]
    assert eventually(graph_from([0], steps, ["weak", "strong", "strong"], goal=[2])) is None
    assert eventually(graph_from([0], steps, ["weak", "strong", "weak"], goal=[2])) is None
    assert eventually(graph_from([0], steps, ["weak", "strong", "none"], goal=[2])) == ([0], [0])


def test_a_cycle_that_no_run_reaches_is_no_counterexample() -> None:
    """2 -> 3 -> 2 cannot be reached from 0."""
    graph = graph_from([0], [[(0, 1), (2, 3), (3, 2)]], ["weak"], goal=[1])
    assert eventually(graph) is None


def test_a_cycle_behind_the_goal_is_no_counterexample_to_eventually() -> None:
    """0 -> 1 -> 2 -> 2, the goal in 1: every run has passed it before it goes round."""
    graph = graph_from([0], [[(0, 1), (1, 2), (2, 2)]], ["weak"], goal=[1])
    assert eventually(graph) is None


def test_a_cycle_behind_the_goal_is_one_where_the_premise_comes_again() -> None:
    graph = graph_from([0], [[(0, 1), (1, 2), (2, 2)]], ["weak"], premise=[0, 2], goal=[1])
    assert leads_to(graph) == ([0, 0], [0])


def test_a_premise_in_the_last_state_only_is_not_answered() -> None:
    graph = graph_from([0], [[(0, 1), (1, 2)]], ["weak"], premise=[2], goal=[0, 1])
    assert leads_to(graph) == ([0, 0], None)


def test_a_premise_is_answered_by_a_goal_in_the_same_state() -> None:
    graph = graph_from([0], [[(0, 1)]], ["weak"], premise=[1], goal=[1])
    assert leads_to(graph) is None


def test_a_goal_before_the_premise_does_not_answer_it() -> None:
    graph = graph_from([0], [[(0, 1), (1, 2)]], ["weak"], premise=[1], goal=[0])
    assert leads_to(graph) == ([0, 0], None)


def test_a_goal_that_is_true_in_the_beginning_need_not_come_again() -> None:
    graph = graph_from([0], [[(0, 1), (1, 1)]], ["weak"], goal=[0])
    assert eventually(graph) is None


def test_each_initial_state_must_lead_to_the_goal() -> None:
    graph = graph_from([0, 1], [[(0, 2), (1, 1)]], ["weak"], goal=[2, 0])
    assert eventually(graph) == ([], [0])


def test_a_premise_that_never_comes_asks_for_nothing() -> None:
    graph = graph_from([0], [[(0, 0)]], ["weak"], premise=[1], goal=[2])
    assert leads_to(graph) is None


def test_the_prefix_goes_through_the_premise_even_where_a_shorter_way_avoids_it() -> None:
    """0 -> 3 is shorter than 0 -> 1 -> 2 -> 3, but only the premise in 1 makes 3 a violation."""
    graph = graph_from([0], [[(0, 3), (0, 1), (1, 2), (2, 3)]], ["weak"], premise=[1], goal=[9])
    assert leads_to(graph) == ([0, 0, 0], None)


def test_a_step_in_which_an_assertion_fails_is_neither_an_end_nor_a_cycle() -> None:
    """That run is a violation of `assertions`, and no run that goes on for ever."""
    assert eventually(graph_from([0], [[(0, None)]], ["weak"], goal=[1])) is None
    assert eventually(graph_from([0], [[(0, 0)], [(0, None)]], ["weak", "weak"], goal=[1])) is None


def test_a_process_that_waits_once_in_the_cycle_is_not_owed_a_step() -> None:
    """0 -> 1 -> 0, and process 1 is enabled in 0 only: disabled in 1, it is owed nothing."""
    graph = graph_from([0], [[(0, 1), (1, 0)], [(0, 2), (2, 0)]], ["weak", "weak"], goal=[2])
    assert eventually(graph) == ([], [0, 0])


def test_every_weakly_fair_process_takes_its_turn_in_the_cycle() -> None:
    """Three self-loops in one state: each process is always enabled, so each moves."""
    graph = graph_from([0], [[(0, 0)], [(0, 0)], [(0, 0)]], ["weak", "weak", "weak"], goal=[1])
    shown = eventually(graph)
    assert shown is not None
    assert (shown[0], sorted(shown[1] or ())) == ([], [0, 1, 2])


def test_the_shortest_cycle_need_not_pass_where_a_strongly_fair_process_is_enabled() -> None:
    """0 -> 0 is fair: process 1 is strongly fair and enabled in 1 only."""
    steps = [[(0, 0), (0, 1)], [(1, 0)]]
    assert eventually(graph_from([0], steps, ["weak", "strong"], goal=[2])) == ([], [0])
