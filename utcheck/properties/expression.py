"""Expressions of specs: Python expressions over a state, parsed to a checked tree.

Nothing of an expression is handed to Python's own `eval`. `reading.py` takes the text apart,
`scope.py` says what its names stand for, `checker.py` lets through what is allowed and `nodes.py`
evaluates it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from utcheck.errors import ModelError, did_you_mean
from utcheck.properties import nodes, operators
from utcheck.properties.checker import Checker
from utcheck.properties.kinds import Predicate
from utcheck.properties.reading import ExpressionError, read
from utcheck.properties.scope import Scope, certainly_not_boolean

__all__ = ["Expression", "ExpressionError", "Scope", "parse", "unknown_label"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression; `labels` has process or family, label and column of every `at`.

    `other_than_boolean` names the class of its values if it is certain that they are not Booleans.
    """

    text: str
    labels: tuple[tuple[str, str, int], ...]
    other_than_boolean: str
    _root: nodes.Node
    _negated: tuple[str, ...]
    _view: Any

    def predicate(self) -> Predicate:
        """Return the state predicate that the expression is."""
        return Predicate(self.text, partial(truth, self.value, self.text))

    def premise(self) -> Predicate | None:
        """Return P for `not P or Q`, and `P1 and P2` for `not P1 or not P2 or Q`."""
        if not self._negated or not isinstance(self._root, nodes.Both):
            return None
        operands = self._root.operands[: len(self._negated)]
        parts = tuple(node.operands[0] for node in operands if isinstance(node, nodes.Operation))
        root = nodes.Both(parts, decisive=False)
        text = " and ".join(self._negated)
        return Predicate(text, lambda: bool(_evaluated(root, self._view, text)))

    def value(self) -> Any:
        """Return the value in the state of the run; it runs as the code of a predicate does.

        Raises:
            ModelError: if there is none.
        """
        return _evaluated(self._root, self._view, self.text)


def unknown_label(
    expression: Expression, known_labels: Callable[[str], frozenset[str] | None]
) -> tuple[str, int] | None:
    """Return what is wrong with a label that no step has, and its column; None if all are known.

    `known_labels` gives the labels of a process or family, or None where they are not known.
    """
    for process, label, column in expression.labels:
        known = known_labels(process)
        if known is not None and label not in known:
            hint = did_you_mean(label, sorted(known))
            return f"'{process}' has no step labelled '{label}'{hint}", column
    return None


def _evaluated(root: nodes.Node, view: Any, text: str) -> Any:
    try:
        return root.evaluate(nodes.Frame(view))
    except operators.EvaluationError as error:
        raise ModelError(f"`{text}`: {error}") from None


def truth(code: Callable[[], Any], text: str) -> bool:
    """Return the answer of a predicate, which must be True or False.

    Raises:
        ModelError: if it is anything else.
    """
    answer = code()
    if answer is True or answer is False:
        return answer
    raise ModelError(f"`{text}` is {operators.short(answer)}, not true or false")


def parse(text: str, scope: Scope) -> Expression:
    """Return the checked form of an expression.

    Raises:
        ExpressionError: with the position in `text` of what is wrong.
    """
    source, tree = read(text)
    checker = Checker(source, scope)
    checked = checker.value(tree)
    shown = " ".join(text.split())
    negated: list[str] = []
    if isinstance(checked.node, nodes.Both) and checked.node.decisive:
        for node, part in zip(checked.node.operands, tree.values, strict=True):  # type: ignore[attr-defined]
            if not isinstance(node, nodes.Operation) or node.symbol != "not":
                break
            premise = source.text[source.start(part.operand) : source.end(part.operand)]
            negated.append(premise)
        del negated[len(checked.node.operands) - 1 :]  # the last operand is the conclusion
    return Expression(
        shown,
        tuple(checker.labels),
        certainly_not_boolean(checked.type),
        checked.node,
        tuple(negated),
        scope.view,
    )
