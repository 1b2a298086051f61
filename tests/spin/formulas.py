"""Formulas of linear temporal logic as plain data, for utcheck and for Spin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.spin import as_promela, as_python
from tests.spin.models import Condition, SmallModel

UNARY = ("!", "X", "F", "G")
BINARY = ("&", "|", "->", "<->", "U", "W", "R")
# Spin's `W` is the weak until, and its `V` the dual of `U`; what is not here is spelt alike.
IN_SPIN = {"F": "<>", "G": "[]", "&": "&&", "|": "||", "R": "V"}


@dataclass(frozen=True, slots=True)
class Formula:
    """A condition, or an operator with its operands."""

    operator: str
    operands: tuple[Formula, ...] = ()
    condition: Condition | None = None

    @property
    def size(self) -> int:
        """Return the number of operators."""
        return (self.condition is None) + sum(operand.size for operand in self.operands)

    def count(self, operator: str) -> int:
        """Return how often the operator occurs."""
        inside = sum(operand.count(operator) for operand in self.operands)
        return inside + (self.operator == operator)


def atom(condition: Condition) -> Formula:
    """Return the formula that says that a condition is true now."""
    return Formula("", (), condition)


def apply(operator: str, *operands: Formula | Condition) -> Formula:
    """Return an operator with its operands."""
    formulas = (part if isinstance(part, Formula) else atom(part) for part in operands)
    return Formula(operator, tuple(formulas))


def as_ltl(formula: Formula) -> str:
    """Return the formula as it stands in a spec."""
    return _text(formula, lambda condition: f"{{{as_python.expression(condition)}}}", {})


def as_ltl_of_spin(formula: Formula, model: SmallModel) -> str:
    """Return the formula as it stands in an `ltl` block."""
    return _text(formula, lambda condition: as_promela.expression(condition, model), IN_SPIN)


def _text(formula: Formula, shown: Callable[[Condition], str], spelling: dict[str, str]) -> str:
    if formula.condition is not None:
        return shown(formula.condition)
    operator = spelling.get(formula.operator, formula.operator)
    parts = [f"({_text(operand, shown, spelling)})" for operand in formula.operands]
    return f"{operator} {parts[0]}" if len(parts) == 1 else f"{parts[0]} {operator} {parts[1]}"
