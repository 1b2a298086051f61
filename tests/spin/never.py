"""Never claims of our own, for formulas that Spin cannot translate.

Debian builds Spin without `-DNXT`, so its formulas have no `X`. The automaton is that of Gerth,
Peled, Vardi and Wolper (1995), as plain as it can be: a state is the set of what has to hold from
here on. Each way to meet that now leaves something to be met next, and answers some of the promises
made by `U`; they are asked for in turn. Where there is no `X`, a test compares it with Spin's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.spin import as_promela
from tests.spin.formulas import Formula, apply
from tests.spin.models import SmallModel

TRUE, FALSE = Formula("true"), Formula("false")
DUAL = {"&": "|", "|": "&", "U": "R", "R": "U", "X": "X", "true": "false", "false": "true"}

Formulas = frozenset[Formula]
State = tuple[Formulas, int]  # what has to hold, and the number of the promise that is waited for


def never_claim(name: str, formula: Formula, model: SmallModel) -> str:
    """Return the never claim of the runs that violate a formula."""
    violation = positive(basic(formula), False)
    promises = sorted(promises_of(violation), key=repr)
    numbers: dict[State, int] = {(frozenset({violation}), 0): 0}
    lines = []
    for state in (found := list(numbers)):  # it grows
        lines.append(f"{_label(state, numbers, len(promises))}:")
        options = []
        for now, following in ways(state[0]):
            target = (following, _waiting(state[1], now, promises))
            if target not in numbers:
                numbers[target] = len(numbers)
                found.append(target)
            label = _label(target, numbers, len(promises))
            options.append(f"    :: {_guard(now, model)} -> goto {label}")
        lines += ["    do", *options, "    od;"] if options else ["    false;"]
    return "\n".join([f"never {name} {{", *lines, "}\n"])


def basic(formula: Formula) -> Formula:
    """Return the formula with no operators but `! & | X U R`."""
    parts = [basic(operand) for operand in formula.operands]
    match formula.operator:
        case "F":
            return apply("U", TRUE, *parts)
        case "G":
            return apply("R", FALSE, *parts)
        case "W":
            return apply("R", parts[1], apply("|", *parts))
        case "->":
            return apply("|", apply("!", parts[0]), parts[1])
        case "<->":
            neither = apply("&", *(apply("!", part) for part in parts))
            return apply("|", apply("&", *parts), neither)
    return Formula(formula.operator, tuple(parts), formula.condition)


def positive(formula: Formula, truth: bool = True) -> Formula:
    """Return a basic formula or its negation with `!` before conditions only."""
    if formula.operator == "!":
        return positive(formula.operands[0], not truth)
    if formula.condition is not None:
        return formula if truth else apply("!", formula)
    operator = formula.operator if truth else DUAL[formula.operator]
    return Formula(operator, tuple(positive(operand, truth) for operand in formula.operands))


def promises_of(formula: Formula) -> Formulas:
    """Return the formulas `p U q` in a positive one: `q` must come."""
    inside = frozenset[Formula]().union(*map(promises_of, formula.operands))
    return inside | {formula} if formula.operator == "U" else inside


def ways(wanted: Formulas) -> list[tuple[Formulas, Formulas]]:
    """Return each set of formulas that hold now, if `wanted` do, with what must hold next."""
    empty: Formulas = frozenset()
    return list(dict.fromkeys(_ways(sorted(wanted, key=repr), empty, empty)))


def _ways(
    wanted: list[Formula], now: Formulas, following: Formulas
) -> Iterator[tuple[Formulas, Formulas]]:
    if not wanted:
        yield now, following
        return
    first, *rest = wanted
    if first in now:
        yield from _ways(rest, now, following)
        return
    now |= {first}
    parts = list(first.operands)
    match first.operator:
        case "&":
            yield from _ways(parts + rest, now, following)
        case "|":
            yield from _ways(parts[:1] + rest, now, following)
            yield from _ways(parts[1:] + rest, now, following)
        case "X":
            yield from _ways(rest, now, following | {parts[0]})
        case "U":
            yield from _ways(parts[1:] + rest, now, following)
            yield from _ways(parts[:1] + rest, now, following | {first})
        case "R":
            yield from _ways(parts + rest, now, following)
            yield from _ways(parts[1:] + rest, now, following | {first})
        case "false":
            return
        case _:
            if positive(first, False) not in now:
                yield from _ways(rest, now, following)


def _waiting(number: int, now: Formulas, promises: list[Formula]) -> int:
    """Return the number of the first promise from here on that is made now and not kept now."""
    number %= max(len(promises), 1)
    while number < len(promises):
        promise = promises[number]
        if promise in now and promise.operands[1] not in now:
            break
        number += 1
    return number


def _label(state: State, numbers: dict[State, int], promises: int) -> str:
    return f"{'accept' if state[1] == promises else 'state'}_{numbers[state]}"


def _guard(now: Formulas, model: SmallModel) -> str:
    literals = []
    for formula in sorted(now, key=repr):
        if formula.condition is not None:
            literals.append(as_promela.expression(formula.condition, model))
        elif formula.operator == "!":
            condition = formula.operands[0].condition
            assert condition is not None
            literals.append(f"!{as_promela.expression(condition, model)}")
    return f"({' && '.join(literals) or 'true'})"
