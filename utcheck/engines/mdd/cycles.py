"""From a set of states that lead to fair cycles to one such cycle, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from utcheck.engines.mdd.distances import Function
from utcheck.engines.mdd.forest import EMPTY
from utcheck.engines.mdd.network import State
from utcheck.engines.mdd.saturation import Saturation
from utcheck.engines.mdd.system import System
from utcheck.engines.paths import Step
from utcheck.errors import InternalError
from utcheck.model.process import Fairness

# So many of the nearest states are tried for a cycle through them; then any that can be reached.
TRIALS = 200


class CycleSearch:
    """Looks for the nearest end or fair cycle, by a function of distances."""

    def __init__(
        self,
        system: System,
        fairness: Sequence[Fairness],
        back: Saturation,
        function: Function,
    ) -> None:
        """Look for cycles that are fair to these processes; `back` has all steps, backwards."""
        self._system = system
        self._forest = system.forest
        self._weak = [p for p, kind in enumerate(fairness) if kind == "weak"]
        self._back = back
        self._function = function

    def nearest(self, ends: int, cycles: int) -> tuple[State, list[Step]] | None:
        """Return the nearest of some ends, or a state on a fair cycle and the cycle."""
        near = self._system.distances.nearest
        end = near(self._function, ends) if ends else None
        left = cycles
        for _ in range(TRIALS):
            if not left:
                break
            distance, state = near(self._function, left)
            if end is not None and end[0] <= distance:
                return end[1], []
            component = self._component(state, cycles)
            if self._fair(component):
                return state, self._cycle(state, component)
            left = self._forest.difference(left, component)
        if left and end is None:
            return self._downstream(left, cycles)
        return None if end is None else (end[1], [])

    def _component(self, state: State, cycles: int) -> int:
        """Return the states that can be reached from a state and lead back to it."""
        one = self._forest.single(state)
        ahead = self._system.saturation.closure(one, cycles)
        return self._back.closure(one, ahead)

    def _downstream(self, left: int, cycles: int) -> tuple[State, list[Step]]:
        """Go on to where nothing else can be reached: there is a fair cycle."""
        while True:
            _, state = self._system.distances.nearest(self._function, left)
            one = self._forest.single(state)
            ahead = self._system.saturation.closure(one, cycles)
            component = self._back.closure(one, ahead)
            if self._fair(component):
                return state, self._cycle(state, component)
            left = self._forest.difference(ahead, component)

    def _fair(self, component: int) -> bool:
        moving = [p for p in range(len(self._system.closed.steps))
                  if self._system.moving(p, component, component)]  # fmt: skip
        return bool(moving) and all(
            p in moving or self._system.disabled(p, component) for p in self._weak
        )

    def _cycle(self, start: State, component: int) -> list[Step]:
        """Return a walk through a component from a state back to it, fair to every process."""
        steps: list[Step] = []
        visited = [start]
        state = start
        for process in self._weak:
            if self._settled(process, steps, visited):
                continue
            idle = self._system.disabled(process, component)
            moving = self._system.moving(process, component, component)
            state = self._walk(state, idle or moving, component, steps, visited)
            if not idle:
                state = self._move(state, process, component, steps, visited)
        if not steps:
            able = (p for p in range(len(self._system.closed.steps))
                    if self._forest.contains(
                        self._system.moving(p, component, component), state))  # fmt: skip
            state = self._move(state, next(able), component, steps, visited)
        self._walk(state, self._forest.single(start), component, steps, visited)
        return steps

    def _settled(self, process: int, steps: Sequence[Step], visited: Sequence[State]) -> bool:
        """Return whether the walk so far is fair to a process."""
        return any(step[0] == process for step in steps) or any(
            self._system.disabled(process, self._forest.single(state)) != EMPTY for state in visited
        )

    def _walk(
        self, state: State, goal: int, component: int, steps: list[Step], visited: list[State]
    ) -> State:
        """Walk to the nearest state of a set, and return it."""
        distances = self._system.distances
        begin = distances.of_set(self._forest.single(state))
        function = distances.closure(begin, component)
        _, last = distances.nearest(function, goal)
        found, _ = self._system.runs.back(function, last, lambda _, distance: distance == 0)
        for step in found:
            state = self._take(state, step, component)
            steps.append(step)
            visited.append(state)
        return state

    def _move(
        self,
        state: State,
        process: int,
        component: int,
        steps: list[Step],
        visited: list[State],
    ) -> State:
        """Let a process take a step that stays inside."""
        for choices, after in self._system.network.successors(state, process):
            if self._forest.contains(component, after):
                steps.append((process, choices))
                visited.append(after)
                return after
        raise InternalError("a process has no step inside a cycle that it was found to be on")

    def _take(self, state: State, step: Step, component: int) -> State:
        for choices, after in self._system.network.successors(state, step[0]):
            if choices == step[1] and self._forest.contains(component, after):
                return after
        raise InternalError("a step of a cycle leads out of it")
