"""Expressions of spec syntax that are asked about a model outside a spec."""

from __future__ import annotations

from utcheck.model.instance import Instance
from utcheck.program.source import step_labels
from utcheck.properties.expression import Expression, ExpressionError, Scope, parse, unknown_label


def asked(instance: Instance, text: str) -> Expression:
    """Return the checked form of an expression about a model.

    Raises:
        ExpressionError: with the position of what is wrong, a label that no step has among it.
    """
    expression = parse(text, Scope.of(instance))
    wrong = unknown_label(expression, lambda process: step_labels(instance, process))
    if wrong is not None:
        raise ExpressionError(*wrong)
    return expression
