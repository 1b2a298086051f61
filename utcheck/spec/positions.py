"""YAML as plain data that knows where in the file each key and value stands.

The data is built here, from the nodes that the YAML library composes, so that every mistake in it
has a position, duplicate keys are all found, and no tag or alias can build anything surprising.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from utcheck.errors import Finding, Place, SpecError
from utcheck.properties.parse import Key

MOST_VALUES = 100_000  # in a document, aliases followed
MOST_LEVELS = 50
MOST_BITS = 10_000  # of an integer; Python refuses to write a much larger one in digits

_TAG = "tag:yaml.org,2002:"
_ESCAPES = {"x": 4, "u": 6, "U": 10}  # characters in the source; all others have two
_HINTS = {
    "but got '['": "; inside { } a text with brackets must be quoted",
    "but got '{'": "; inside { } a text with braces must be quoted",
    "mapping values are not allowed": "; a text with `: ` in it must be quoted",
}
_NOTHING = object()
Path = tuple[Key, ...]


class Document:
    """The data of a YAML file, and the positions of everything in it."""

    def __init__(self, path: str, text: str) -> None:
        """Read a text; `path` is how messages name the file.

        Raises:
            SpecError: with every mistake that is one of YAML itself.
        """
        self.path = path
        self.text = text
        self._keys: dict[Path, Node] = {}
        self._values: dict[Path, Node] = {}
        self._left = MOST_VALUES
        self.findings: list[Finding] = []
        root = self._compose()
        self.data: Any = None
        if root is None:
            self.findings.append(Finding(Place(path, 1, 1), "the spec is empty"))
        else:
            self.data = self._build(root, ())
        if self.findings:
            raise SpecError(self.findings)

    def has(self, path: Path) -> bool:
        """Return whether there is a value with these keys."""
        return path in self._values

    def node(self, path: Path) -> Node:
        """Return the node of the value with these keys; what is reached by an alias has but one."""
        return self._values[path]

    def place(self, path: Path, *, at_key: bool = False, column: int | None = None) -> Place:
        """Return where the value with these keys is, or its last key, or the nearest around it.

        `column` counts from 0 into the text of the value.
        """
        while path and path not in self._values:
            path, at_key, column = path[:-1], False, None
        node = self._values[path]
        # A value that is not there stands wherever the next thing is.
        missing = node.start_mark.index == node.end_mark.index
        if (at_key or missing) and path in self._keys:
            return self._mark(self._keys[path].start_mark)
        if column is None or not isinstance(node, ScalarNode):
            return self._mark(node.start_mark)
        return self._mark(node.start_mark, self._offset(node, column))

    def _mark(self, mark: Any, offset: int = 0) -> Place:
        return Place(self.path, mark.line + 1, mark.column + 1 + offset)

    def _offset(self, node: ScalarNode, column: int) -> int:
        """Return how far behind its start a character of a scalar stands in the source.

        Where the scalar takes several lines, this is 0.
        """
        source = self.text[node.start_mark.index : node.end_mark.index]
        if "\n" in source.rstrip() or "\r" in source.rstrip() or node.style in ("|", ">"):
            return 0
        if node.style is None:
            return column
        at = 1  # behind the quote
        for _ in range(column):
            pair = source[at : at + 2]
            if node.style == "'":
                at += 2 if pair == "''" else 1
            else:
                at += _ESCAPES.get(pair[1:], 2) if pair[:1] == "\\" else 1
        return at

    def _compose(self) -> Node | None:
        try:
            with warnings.catch_warnings():  # an anchor may be used again
                warnings.simplefilter("ignore")
                node: Node | None = YAML(typ="safe", pure=True, plug_ins=[]).compose(self.text)
        except MarkedYAMLError as error:
            message = ", ".join(part for part in (error.context, error.problem) if part)
            message += next((hint for text, hint in _HINTS.items() if text in message), "")
            mark = error.problem_mark or error.context_mark
            place = self._mark(mark) if mark else Place(self.path, 1, 1)
            raise SpecError([Finding(place, f"not valid YAML: {message}")]) from None
        except ReaderError as error:
            before = self.text[: error.position]
            line, column = before.count("\n") + 1, error.position - before.rfind("\n")
            message = f"not valid YAML: the character {self.text[error.position]!r} is not allowed"
            raise SpecError([Finding(Place(self.path, line, column), message)]) from None
        except RecursionError:
            raise SpecError([self._too_deep(Place(self.path, 1, 1))]) from None
        except (YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
            # The library has errors of its own for most of what can be wrong, not for all of it.
            finding = Finding(Place(self.path, 1, 1), f"not valid YAML: {error}")
            raise SpecError([finding]) from None
        return node

    def _too_deep(self, place: Place) -> Finding:
        return Finding(place, f"nested more than {MOST_LEVELS} levels deep")

    def _refuse(self, node: Node, message: str) -> None:
        self.findings.append(Finding(self._mark(node.start_mark), message))

    def _build(self, node: Node, path: Path) -> Any:
        """Return the data of a node, and note where it is."""
        self._left -= 1
        if self._left < 0:
            message = f"more than {MOST_VALUES:,} values, aliases followed"
            raise SpecError([Finding(self._mark(node.start_mark), message)])
        if len(path) > MOST_LEVELS:
            raise SpecError([self._too_deep(self._mark(node.start_mark))])
        self._values[path] = node
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if str(node.tag) not in (f"{_TAG}seq", f"{_TAG}map"):
            self._refuse(node, f"the tag '{str(node.tag).removeprefix(_TAG)}' is not allowed here")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return [self._build(child, (*path, i)) for i, child in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self._key(key_node)
            if key is None:
                continue
            if key in data:
                first = self._keys[(*path, key)].start_mark.line + 1
                self._refuse(key_node, f"duplicate key '{key}', the first is in line {first}")
                continue
            self._keys[(*path, key)] = key_node
            data[key] = self._build(value_node, (*path, key))
        for key_node, value_node in self._merged(node):
            key = self._key(key_node)
            if key is not None and key not in data:
                self._keys[(*path, key)] = key_node
                data[key] = self._build(value_node, (*path, key))
        return data

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self._refuse(node, "a key is a string")
            return None
        key = self._scalar(node)
        if not isinstance(key, str):
            self._refuse(node, f"a key is a string; write '{node.value}' in quotes")
            return None
        return key

    def _merged(self, node: MappingNode) -> Iterator[tuple[Node, Node]]:
        """Yield the pairs that a mapping takes over by `<<: *other`."""
        for key_node, value_node in node.value:
            if key_node.tag != f"{_TAG}merge":
                continue
            several = isinstance(value_node, SequenceNode)
            for other in value_node.value if several else [value_node]:
                if not isinstance(other, MappingNode):
                    self._refuse(other, "`<<` takes over a mapping, and this is none")
                    continue
                yield from (pair for pair in other.value if pair[0].tag != f"{_TAG}merge")

    def _scalar(self, node: ScalarNode) -> Any:
        text: str = node.value
        kind = str(node.tag).removeprefix(_TAG)
        value: Any = _NOTHING
        if kind in ("str", "timestamp", "value"):  # a date, or a sign `=`, is what it looks like
            value = text if text.isascii() or _printable(text) else _NOTHING
        elif kind == "null":
            value = None
        elif kind == "bool":
            value = {"true": True, "false": False}.get(text.lower(), _NOTHING)
        elif kind in ("int", "float"):
            value = _number(text, kind)
        else:
            hint = "; a text that begins with '!' must be quoted" if kind[:1] == "!" else ""
            self._refuse(node, f"the tag '{kind}' is not allowed here{hint}")
            return None
        if value is _NOTHING:
            self._refuse(node, f"this cannot be read as {'a' if kind != 'int' else 'an'} {kind}")
            return None
        return value


def _printable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, written as an escape
        return False
    return True


def _number(text: str, kind: str) -> Any:
    text = text.replace("_", "")
    try:
        if kind == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        digits = text.lstrip("+-")
        value = int(text, 0 if digits[:1] == "0" and digits[1:2].isalpha() else 10)
    except ValueError:
        return _NOTHING
    return value if value.bit_length() <= MOST_BITS else _NOTHING
