"""Walking through a model by hand: one run, forwards and back, and every way it could go on.

A generator cannot be turned back or copied. Going back, and trying which steps are enabled, runs
the model again from its initial state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from utcheck.errors import InternalError, ModelError, Place, UsageError
from utcheck.graph.asking import asked
from utcheck.graph.replay import relative, replay
from utcheck.graph.simulation import NotPossible, Simulation
from utcheck.model.instance import Instance, next_choices
from utcheck.model.records import Locus
from utcheck.model.run import Choice, ChoiceGone, Context, Phase, condition, take_step
from utcheck.outcome import Trace, Witness
from utcheck.properties.expression import Expression, ExpressionError


@dataclass(frozen=True, slots=True)
class Start:
    """An initial state: the choices in `init` that lead to it, and the value of each variable."""

    choices: tuple[int, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a process can take its next step.

    `choices` are indices of options, as in a witness, and `options` what they stand for. A step
    that breaks a rule of the model language has its `error`, and cannot be taken.
    """

    process: str
    label: str
    place: Place
    calls: tuple[str, ...]
    choices: tuple[int, ...] = ()
    options: tuple[Any, ...] = ()
    error: ModelError | None = None


class Walk:
    """A run of a model that its user leads.

    `starts` are the initial states, each once. `trace` is the run so far, with where every process
    stands, and `ways` are the ways in which it can go on; they are None and empty as long as no
    initial state is chosen. There is nothing to choose where there is one only.
    """

    def __init__(self, instance: Instance, root: str = "") -> None:
        """Begin, if there is one initial state only; paths below `root` are shown relative to it.

        Raises:
            ModelError: if the model breaks a rule before its first step.
        """
        self._instance = instance
        self._root = root
        states: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choices, numbers in instance.initial_states():
            states.setdefault(numbers, choices)
        self.starts = tuple(
            Start(choices, {n: instance.value(v, numbers[v]) for v, n in enumerate(instance.names)})
            for numbers, choices in states.items()
        )
        self._guide: Witness | None = None
        self.restart()

    def restart(self) -> None:
        """Go back to the initial state; where there are several, to the choice between them."""
        self.trace: Trace | None = None
        self.ways: tuple[Way, ...] = ()
        if len(self.starts) == 1:
            self.begin(self.starts[0])

    def begin(self, start: Start) -> None:
        """Begin in an initial state."""
        self._go(Witness(start.choices, ()))

    def take(self, way: Way) -> None:
        """Take a step in one of the ways that `ways` has.

        Raises:
            ModelError: if the step breaks a rule; the walk stays where it is.
        """
        if way.error is not None:
            raise way.error
        here = self.here.witness
        self._go(Witness(here.initial, (*here.steps, (way.process, way.choices))), way)

    def back(self, steps: int = 1) -> None:
        """Take steps back.

        Raises:
            UsageError: if so many were not taken.
        """
        here = self.here.witness
        if not 1 <= steps <= len(here.steps):
            taken = f"only {_plural(len(here.steps))} taken" if here.steps else "no step taken yet"
            raise UsageError(f"cannot go back {_plural(steps)}: {taken}")
        self._go(Witness(here.initial, here.steps[: len(here.steps) - steps]))

    def follow(self, witness: Witness, steps: int | None = None) -> None:
        """Jump into the run of a witness, after so many of its steps or to its end.

        Raises:
            UsageError: if the run has not so many steps.
        """
        length = len(witness.steps)
        steps = length if steps is None else steps
        if not 0 <= steps <= length:
            raise UsageError(f"this run has {_plural(length)}; there is no state after {steps}")
        self._go(Witness(witness.initial, witness.steps[:steps]))
        self._guide = witness

    @property
    def along(self) -> tuple[str, tuple[int, ...]] | None:
        """The process and the choices of the next step of the run that is followed.

        None after its end, which a lasso does not have, and where the walk has left it.
        """
        guide = self._guide
        if guide is None or self.trace is None:
            return None
        taken = self.trace.witness.steps
        steps = guide.steps
        while guide.cycle is not None and guide.cycle < len(steps) <= len(taken):
            steps += guide.steps[guide.cycle :]
        on_it = self.trace.witness.initial == guide.initial and steps[: len(taken)] == taken
        return steps[len(taken)] if on_it and len(taken) < len(steps) else None

    @property
    def here(self) -> Trace:
        """The run so far.

        Raises:
            UsageError: if no initial state is chosen.
        """
        if self.trace is None:
            raise UsageError(f"choose an initial state first, from 1 to {len(self.starts)}")
        return self.trace

    def value(self, text: str) -> Any:
        """Return the value of an expression, written as in a spec, in the present state.

        Raises:
            UsageError: if it is no expression about this model.
            ModelError: if it has no value here.
        """
        witness = self.here.witness
        try:
            expression = asked(self._instance, text)
        except ExpressionError as error:
            raise UsageError(f"column {error.column + 1}: {error.message}") from None
        with self._rerun(witness) as simulation:
            return self._evaluated(expression, simulation)

    def _evaluated(self, expression: Expression, simulation: Simulation) -> Any:
        def locate(process: int) -> tuple[int, Locus]:
            return 0, simulation.processes[process]

        context = Context(simulation.numbers.__getitem__, locate=locate)
        try:
            return condition(self._instance.runtime, context, Phase.PROPERTY, expression.value)
        except ModelError as error:
            raise self._shown(error) from None

    def _go(self, witness: Witness, way: Way | None = None) -> None:
        """Be where a run leads, or stay where the walk is if the model does not go there again."""
        try:
            trace = replay(self._instance, witness, root=self._root)
            if self.trace is not None and not _agree(self.trace, trace):
                raise NotPossible
            if way is not None and trace.steps[-1].label != way.label:
                raise NotPossible
            ways = tuple(self._ways(trace))
        except (InternalError, NotPossible, ChoiceGone):
            raise ModelError(
                "this run cannot be repeated; a step may depend only on the shared variables it "
                "reads and on what it chooses"
            ) from None
        self.trace, self.ways = trace, ways

    def _ways(self, trace: Trace) -> Iterator[Way]:
        """Yield every way in which a run can go on."""
        if trace.steps and trace.steps[-1].failure is not None:
            return
        for number, standing in enumerate(trace.standings):
            if standing.status != "ready" or standing.label is None or standing.place is None:
                continue
            choices: tuple[int, ...] | None = ()
            way = Way(standing.process, standing.label, standing.place, standing.calls)
            while choices is not None:
                context, error = self._try(trace.witness, number, standing.label, choices)
                options = tuple(a.options[a.taken] for a in context.path if isinstance(a, Choice))
                yield replace(way, choices=context.taken, options=options, error=error)
                choices = next_choices(context)

    def _try(
        self, witness: Witness, process: int, label: str, choices: tuple[int, ...]
    ) -> tuple[Context, ModelError | None]:
        """Take a step after a run, with these choices first, and return what it did.

        Raises:
            NotPossible: if the process does not stand there again.
            ChoiceGone: if the step offers other choices than before.
        """
        name = self._instance.processes[process].name
        with self._rerun(witness) as simulation:
            if simulation.processes[process].label != label:
                raise NotPossible
            context = Context(simulation.numbers.__getitem__, choices, process=name)
            try:
                simulation.enabled(process)  # a condition that cannot be asked is an error, too
                take_step(self._instance.runtime, simulation.processes[process], context)
            except ChoiceGone:
                raise
            except ModelError as error:
                return context, self._shown(error)
        return context, None

    def _shown(self, error: ModelError) -> ModelError:
        place = relative(error.place, self._root) if error.place else None
        return ModelError(error.message, place=place)

    @contextmanager
    def _rerun(self, witness: Witness) -> Iterator[Simulation]:
        """Run the model to the end of a run."""
        numbers = {process.name: process.number for process in self._instance.processes}
        simulation = Simulation(self._instance, witness.initial)
        try:
            for name, choices in witness.steps:
                simulation.step(numbers[name], choices)
            yield simulation
        finally:
            simulation.close()


def _plural(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def _agree(one: Trace, other: Trace) -> bool:
    """Return whether two runs are the same as long as their witnesses are."""
    if one.witness.initial != other.witness.initial:
        return True
    pairs = zip(one.steps, other.steps, one.witness.steps, other.witness.steps, strict=False)
    for first, second, choices, others in pairs:
        if choices != others:
            break
        if (first.label, first.place, first.failure) != (
            second.label,
            second.place,
            second.failure,
        ):
            return False
    return True
