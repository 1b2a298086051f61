"""Running a model forwards: plain generators, one for each process, and nothing merged.

This uses no captured location and no tree, so it is a second opinion about every run that an engine
reports.
"""

from __future__ import annotations

from collections.abc import Sequence

from utcheck.model.instance import Instance
from utcheck.model.run import Context, Failed, Suspended, dispose, enabled, start, take_step


class NotPossible(Exception):
    """The step cannot be taken: its process has ended, it is not enabled, or a choice is gone."""


class Simulation:
    """One run of a model, from an initial state forwards.

    `numbers` are the numbers of the variables' values, `processes` where each process stands.
    """

    def __init__(self, instance: Instance, initial: Sequence[int]) -> None:
        """Begin in the initial state that these choices in `init` lead to.

        Raises:
            NotPossible: if `init` offers no such choices.
        """
        self.instance = instance
        states = dict(instance.initial_states())
        if tuple(initial) not in states:
            raise NotPossible
        self.numbers = list(states[tuple(initial)])
        self.processes = [start(instance.runtime, p.body) for p in instance.processes]

    def enabled(self, process: int) -> bool:
        """Return whether a process can take its next step."""
        suspended = self.processes[process]
        if suspended.label is None:
            return False
        return enabled(self.instance.runtime, suspended, self._context(process, ()))

    def _context(self, process: int, choices: Sequence[int]) -> Context:
        name = self.instance.processes[process].name
        return Context(self.numbers.__getitem__, choices, process=name)

    def step(self, process: int, choices: Sequence[int] = ()) -> tuple[Context, Suspended | Failed]:
        """Take a step, and return what it did and where the process stands then.

        Raises:
            NotPossible: if the process cannot take a step with exactly these choices.
            ModelError: if the step breaks a rule of the model language.
        """
        if not self.enabled(process):
            raise NotPossible
        context = self._context(process, choices)
        result = take_step(self.instance.runtime, self.processes[process], context)
        if context.taken != tuple(choices):
            raise NotPossible
        if isinstance(result, Suspended):
            self.processes[process] = result
            for variable, number in context.writes.items():
                self.numbers[variable] = number
        return context, result

    def close(self) -> None:
        """Throw the processes away."""
        for suspended in self.processes:
            dispose(suspended.generator)
