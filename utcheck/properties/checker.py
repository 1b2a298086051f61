"""From Python's syntax tree to the checked tree: what is not named here does not get through."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from utcheck.errors import did_you_mean
from utcheck.properties import access, nodes, operators
from utcheck.properties.reading import ExpressionError, Source
from utcheck.properties.scope import (
    BOOL,
    ArrayType,
    FamilyType,
    PastType,
    ProcessType,
    RecordType,
    Scope,
    Type,
    ValueType,
    joined,
)

NUMBER = ValueType(int | float)
FIGURE = ValueType(int | float | str | tuple | frozenset)  # what an operator gives, never a Boolean


@dataclass(frozen=True, slots=True)
class Checked:
    """A part of an expression with its type; `fixed` if it is the same in every state."""

    node: nodes.Node
    type: Type
    fixed: bool = False


class Checker:
    """Checks one expression; `labels` are those it asks for: process, label and column."""

    def __init__(self, source: Source, scope: Scope) -> None:
        """Start with nothing found."""
        self.source = source
        self.scope = scope
        self.labels: list[tuple[str, str, int]] = []
        self.locals: dict[str, Type] = {}
        self.reads = 0
        # Inside what a constant condition rules out, as in `n > 1 and engine[1].stop` where n is
        # 1, an index may be out of range.
        self.ruled_out = False

    def error(self, message: str, tree: ast.expr) -> ExpressionError:
        """Return the error about a part of the expression."""
        return ExpressionError(message, self.source.start(tree))

    def check(self, tree: ast.expr) -> Checked:
        """Return the checked form of a part.

        Raises:
            ExpressionError: if something in it is not allowed, or cannot be right.
        """
        handler = _HANDLERS.get(type(tree))
        if handler is None:
            what = _REFUSED.get(type(tree), type(tree).__name__)
            raise self.error(f"{what} is not allowed in an expression", tree)
        before = self.reads
        node, of = handler(self, tree)
        return Checked(node, of, self.reads == before)

    def value(self, tree: ast.expr) -> Checked:
        """Return the checked form of a part that must be a plain value."""
        return self.as_value(self.check(tree), tree)

    def as_value(self, checked: Checked, tree: ast.expr) -> Checked:
        """Return `checked`, the checked form of a part that must be a plain value."""
        if not isinstance(checked.type, ValueType):
            raise self.error(self._not_a_value(checked.type, self.source.of(tree)), tree)
        return checked

    def _not_a_value(self, of: Type, text: str) -> str:
        match of:
            case ProcessType():
                return f'\'{text}\' is a process, not a value; ask for {text}.at("..."), ' \
                       f"{text}.done or {text}.enabled"  # fmt: skip
            case FamilyType():
                return f"'{text}' is a family of processes, not a value; use {text}[0], or iterate"
            case ArrayType():
                return f"'{text}' is an array, not a value; use {text}[0], or iterate over it"
            case PastType():
                return f"'{text}' is the state before the step; name a variable: {text}.x"
            case RecordType():
                fields = ", ".join(f"{text}.{name}" for name in list(of.fields)[:4])
                return f"'{text}' is a record, not a value; name a field: {fields}"
            case _:
                return f"'{text}' is an enumeration, not a value; name a member"

    def known(self, checked: Checked) -> Any:
        """Return the value of a part that is the same in every state, or `UNDECIDED`."""
        if not checked.fixed:
            return operators.UNDECIDED
        try:
            return checked.node.evaluate(nodes.Frame(None, steps=1000))
        except operators.EvaluationError:
            return operators.UNDECIDED

    @contextmanager
    def unless(self, ruled_out: bool) -> Iterator[None]:
        """Check what follows as code that is perhaps never evaluated."""
        before, self.ruled_out = self.ruled_out, self.ruled_out or ruled_out
        try:
            yield
        finally:
            self.ruled_out = before

    def _constant(self, tree: ast.Constant) -> tuple[nodes.Node, Type]:
        value = tree.value
        if value is not None and not isinstance(value, bool | int | float | str):
            raise self.error(f"{type(value).__name__} is not a type that an expression has", tree)
        if isinstance(value, int) and value.bit_length() > operators.MOST_BITS:
            raise self.error(f"an integer has at most {operators.MOST_BITS} bits", tree)
        return nodes.Constant(value), ValueType(type(value))

    def _name(self, tree: ast.Name) -> tuple[nodes.Node, Type]:
        name = tree.id
        if name in self.locals:
            self.reads += 1
            return nodes.Local(name), self.locals[name]
        meaning = self.scope.names.get(name)
        if meaning is None:
            if name in access.FUNCTIONS:
                raise self.error(f"'{name}' is a function; call it: {name}(...)", tree)
            known = [*self.locals, *self.scope.names, *access.FUNCTIONS, "True", "False", "None"]
            raise self.error(f"unknown name '{name}'{did_you_mean(name, known)}", tree)
        if isinstance(meaning.node, nodes.Question) and not meaning.node.answers(self.scope.view):
            raise self.error(f"'{name}' takes arguments; a spec can use it only without", tree)
        self.reads += not isinstance(meaning.node, nodes.Constant)
        return meaning.node, meaning.type

    def _boolean(self, tree: ast.BoolOp) -> tuple[nodes.Node, Type]:
        decisive = isinstance(tree.op, ast.Or)
        operands: list[Checked] = []
        decided = False
        for value in tree.values:
            with self.unless(decided):
                operands.append(self.value(value))
            answer = self.known(operands[-1])
            decided = decided or (answer is not operators.UNDECIDED and bool(answer) is decisive)
        of = joined([operand.type for operand in operands])
        return nodes.Both(tuple(operand.node for operand in operands), decisive), of

    def _unary(self, tree: ast.UnaryOp) -> tuple[nodes.Node, Type]:
        symbol = _UNARY.get(type(tree.op))
        if symbol is None:
            raise self.error("`~` is not allowed in an expression; Python writes `not`", tree)
        operand = self.value(tree.operand).node
        of = BOOL if symbol == "not" else NUMBER
        return nodes.Operation(symbol, operators.UNARY[symbol], (operand,)), of

    def _arithmetic(self, tree: ast.BinOp) -> tuple[nodes.Node, Type]:
        symbol = _ARITHMETIC.get(type(tree.op))
        if symbol is None:
            what = _REFUSED.get(type(tree.op), type(tree.op).__name__)
            raise self.error(f"{what} is not allowed in an expression", tree)
        operands = (self.value(tree.left).node, self.value(tree.right).node)
        return nodes.Operation(symbol, operators.ARITHMETIC[symbol], operands), FIGURE

    def _conditional(self, tree: ast.IfExp) -> tuple[nodes.Node, Type]:
        test = self.value(tree.test)
        answer = self.known(test)
        with self.unless(answer is not operators.UNDECIDED and not answer):
            then = self.check(tree.body)
        with self.unless(answer is not operators.UNDECIDED and bool(answer)):
            otherwise = self.check(tree.orelse)
        if then.type != otherwise.type:
            self.as_value(then, tree.body)
            self.as_value(otherwise, tree.orelse)
        return nodes.If(test.node, then.node, otherwise.node), joined([then.type, otherwise.type])

    def _display(self, tree: ast.Tuple | ast.List | ast.Set) -> tuple[nodes.Node, Type]:
        items = [self.value(item) for item in tree.elts]
        kind: type = frozenset if isinstance(tree, ast.Set) else tuple
        inner = joined([item.type for item in items])
        parameters = (inner.annotation,) if kind is frozenset else (inner.annotation, ...)
        generic: Any = kind
        of = ValueType(kind if inner.annotation is Any else generic[parameters])
        return nodes.Display(tuple(item.node for item in items), kind), of

    def _comparison(self, tree: ast.Compare) -> tuple[nodes.Node, Type]:
        left_tree, left = tree.left, self.value(tree.left)
        first, others = left.node, []
        for op, right_tree in zip(tree.ops, tree.comparators, strict=True):
            symbol = _COMPARISONS[type(op)]
            right = self._right_side(symbol, right_tree)
            if symbol in ("==", "!="):
                self._can_be(left_tree, left, right_tree, right)
                self._can_be(right_tree, right, left_tree, left)
            elif symbol in ("in", "not in") and isinstance(right.node, nodes.Display):
                items: list[ast.expr] = getattr(right_tree, "elts", [])
                for item, node in zip(items, right.node.items, strict=True):
                    inner = Checked(node, ValueType(), isinstance(node, nodes.Constant))
                    self._can_be(left_tree, left, item, inner)
            others.append((symbol, operators.COMPARISONS[symbol], right.node))
            left_tree, left = right_tree, right
        return nodes.Chain(first, tuple(others)), BOOL

    def _right_side(self, symbol: str, tree: ast.expr) -> Checked:
        if symbol in ("in", "not in"):
            return access.container(self, tree)
        right = self.value(tree)
        if symbol in ("is", "is not"):
            what = self.known(right)
            if not (what is None or isinstance(what, bool | Enum)):
                better = "==" if symbol == "is" else "!="
                message = f"`{symbol}` is for None, True, False and members of an enumeration"
                raise self.error(f"{message}; write `{better}`", tree)
        return right

    def _can_be(self, tree: ast.expr, one: Checked, other_tree: ast.expr, other: Checked) -> None:
        """Refuse to compare a variable with a literal that is not in its domain."""
        values = one.type.values if isinstance(one.type, ValueType) else None
        literal = isinstance(other_tree, ast.Constant | ast.Attribute)
        constant = self.known(other) if literal else operators.UNDECIDED
        if values is None or constant is operators.UNDECIDED or self.ruled_out:
            return
        if any(constant == value for value in values):
            return
        hint = _nearest(constant, values)
        text, shown = self.source.of(tree), operators.short(constant)
        raise self.error(f"'{text}' is never {shown}{hint}", other_tree)


def _nearest(constant: Any, values: Sequence[Any]) -> str:
    """Return which of the values was perhaps meant, or which there are."""
    if isinstance(constant, str):
        for value in values:
            if isinstance(value, Enum) and value.name == constant:
                return f", did you mean {type(value).__name__}.{value.name}?"
        hint = did_you_mean(constant, [value for value in values if isinstance(value, str)])
        if hint:
            return hint
    return f"; it is one of {', '.join(map(operators.short, values))}" if len(values) < 7 else ""


_UNARY: dict[type[ast.AST], str] = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+"}
_ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_REFUSED: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.ListComp: "a list comprehension",
    ast.SetComp: "a set comprehension",
    ast.DictComp: "a dictionary comprehension",
    ast.Dict: "a dictionary",
    ast.NamedExpr: "an assignment",
    ast.Starred: "a starred part",
    ast.Slice: "a slice",
    ast.GeneratorExp: "a generator outside any, all, sum, min and max",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.Pow: "`**`",
    ast.LShift: "`<<`",
    ast.RShift: "`>>`",
    ast.MatMult: "`@`",
}
_HANDLERS: dict[type[ast.AST], Callable[[Checker, Any], tuple[nodes.Node, Type]]] = {
    ast.Constant: Checker._constant,
    ast.Name: Checker._name,
    ast.BoolOp: Checker._boolean,
    ast.UnaryOp: Checker._unary,
    ast.BinOp: Checker._arithmetic,
    ast.IfExp: Checker._conditional,
    ast.Tuple: Checker._display,
    ast.List: Checker._display,
    ast.Set: Checker._display,
    ast.Compare: Checker._comparison,
    ast.Attribute: access.attribute,
    ast.Subscript: access.subscript,
    ast.Call: access.call,
}
