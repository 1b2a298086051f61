"""Replaying a witness through the user's own Python, which gives the trace that is shown.

A replay does not trust the engine: the steps must be possible and a cycle must close, and an
observer (see `judge`) looks at every state on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from utcheck.errors import InternalError, ModelError, Place
from utcheck.graph.simulation import NotPossible, Simulation
from utcheck.model.instance import Instance
from utcheck.model.run import Choice, ChoiceGone, Context, Failed, Suspended
from utcheck.outcome import Change, Standing, Trace, TraceStep, Witness
from utcheck.program.capture import Capture

Observer = Callable[[Simulation, int], None]
"""Is shown every state of a replayed run, with the number of steps before it."""


def replay(
    instance: Instance, witness: Witness, observer: Observer | None = None, root: str = ""
) -> Trace:
    """Return the trace of a witness; paths below the folder `root` are shown relative to it.

    Raises:
        InternalError: if the run is not one of the model, or its cycle does not close.
    """
    numbers = {process.name: process.number for process in instance.processes}
    try:
        simulation = Simulation(instance, witness.initial)
    except NotPossible:
        raise InternalError("a replay failed: `init` does not offer the choices reported") from None
    capture = Capture(instance.view)
    initial = {name: _value(simulation, v) for v, name in enumerate(instance.names)}
    steps: list[TraceStep] = []
    cycle_state: Hashable = None
    try:
        for position, (name, choices) in enumerate(witness.steps):
            if observer is not None:
                observer(simulation, position)
            if position == witness.cycle:
                cycle_state = _state(simulation, capture)
            steps.append(_step(simulation, numbers[name], choices, root))
        if witness.cycle is not None and _state(simulation, capture) != cycle_state:
            raise InternalError("a replay failed: the cycle that was reported does not close")
        if observer is not None:
            observer(simulation, len(steps))
        return Trace(
            tuple(process.name for process in instance.processes), initial, tuple(steps),
            _standings(simulation, root), witness, cycle=witness.cycle,
        )  # fmt: skip
    finally:
        simulation.close()


def _value(simulation: Simulation, variable: int) -> object:
    return simulation.instance.value(variable, simulation.numbers[variable])


def _state(simulation: Simulation, capture: Capture) -> Hashable:
    return (tuple(simulation.numbers), *map(capture.key, simulation.processes))


def relative(place: Place, root: str) -> Place:
    """Return a place with a path relative to the folder `root`, if it is below it."""
    return replace(place, path=place.path.removeprefix(root + "/")) if root else place


def _step(simulation: Simulation, process: int, choices: Sequence[int], root: str) -> TraceStep:
    instance = simulation.instance
    before, old = simulation.processes[process], simulation.numbers[:]
    if before.label is None:
        raise InternalError("a replay failed: a process takes a step after its end")
    place, calls = before.place, before.calls
    try:
        context, result = simulation.step(process, choices)
    except (NotPossible, ChoiceGone):
        name = instance.processes[process].name
        raise InternalError(
            f"a replay failed: {name} cannot take its step '{before.label}'"
        ) from None
    changes = tuple(
        Change(instance.names[v], instance.value(v, old[v]), _value(simulation, v))
        for v in sorted(context.writes)
        if simulation.numbers[v] != old[v]  # a step that failed has set nothing
    )
    return TraceStep(
        instance.processes[process].name, before.label, relative(place, root), calls,
        _options(context), changes, tuple(context.events),
        _failure(result, root) if isinstance(result, Failed) else None,
    )  # fmt: skip


def _options(context: Context) -> tuple[object, ...]:
    return tuple(a.options[a.taken] for a in context.path if isinstance(a, Choice))


def _failure(failed: Failed, root: str) -> str:
    if failed.place is None:
        return failed.message
    return f"{failed.message} ({relative(failed.place, root)})"


def _standings(simulation: Simulation, root: str) -> tuple[Standing, ...]:
    return tuple(
        _standing(simulation, number, suspended, root)
        for number, suspended in enumerate(simulation.processes)
    )


def _standing(simulation: Simulation, number: int, suspended: Suspended, root: str) -> Standing:
    process = simulation.instance.processes[number]
    if suspended.label is None:
        return Standing(process.name, None, "ended", process.daemon)
    if suspended.over:  # a step that failed has ended the generator
        return Standing(process.name, suspended.label, "failed", process.daemon)
    try:
        status = "ready" if simulation.enabled(number) else "waits"
    except ModelError:  # the run to a condition that cannot be asked is shown all the same
        status = "ready"
    place = relative(suspended.place, root)
    return Standing(process.name, suspended.label, status, process.daemon, place, suspended.calls)
