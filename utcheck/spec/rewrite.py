"""Writing into the text of a spec what it is to expect, with every other character as it was.

Nothing is written out from data: words and numbers are exchanged where they stand, and what is new
is put in behind what is there. So comments, quotes, anchors, line ends and the order of the keys
stay. What cannot be done so is refused. The caller reads the new text and compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from utcheck.errors import Finding, SpecError
from utcheck.outcome import Verdict
from utcheck.properties.parse import Key
from utcheck.spec.positions import Document

Path = tuple[Key, ...]

_MARKS = r"((?:[&!]\S*\s+)*)"  # an anchor and a tag, which belong to the node
_PLAIN = re.compile(_MARKS + r"(?:(\+?\w+)|'(\w+)'|\"(\w+)\")")
_ALIAS = re.compile(r"\s*:\s*\*[^\s,\[\]{}]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ALIASED = "nothing can be added behind an alias that stands like this"
_BREAK = re.compile(r"\r\n|\r|\n")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")  # in some version of YAML


class What(StrEnum):
    """What a case expects: a verdict, the length of a trace, or a count of the statistics."""

    VERDICT = "verdict"
    LENGTH = "length"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Change:
    """What a case is to expect now: another verdict (`old` and `new` differ), or another number.

    `case` has the keys under which the case stands, `name` is that of a property or of a count.
    """

    case: Path
    name: str
    what: What
    old: Verdict | int
    new: Verdict | int

    @property
    def path(self) -> Path:
        """The keys under which it stands in the expectations."""
        path = (*self.case, "expect", self.name)
        return (*path, "length") if self.what is What.LENGTH else path

    def __str__(self) -> str:
        """Return what is changed: `states: 22 -> 24`."""
        lead = "length of " if self.what is What.LENGTH else ""
        return f"{lead}{self.name}: {self.old} -> {self.new}"


def rewritten(document: Document, changes: Iterable[Change]) -> str:
    """Return the text of a spec with these changes.

    Raises:
        SpecError: where a place cannot be edited, with its line.
    """
    return _Editor(document).text(changes)


@dataclass(slots=True)
class _Editor:
    """The pieces of a text that are exchanged, by where they begin and end, and what is added."""

    document: Document
    pieces: dict[tuple[int, int], str] = field(default_factory=dict)
    new: dict[int, tuple[Node, Path, dict[str, str]]] = field(default_factory=dict)

    def text(self, changes: Iterable[Change]) -> str:
        for change in changes:
            if change.what is What.VERDICT:
                self._verdict(change)
            else:
                self._number(change)
        for node, path, entries in self.new.values():
            self._add(node, path, entries)
        text = self.document.text
        for (start, end), piece in sorted(self.pieces.items(), reverse=True):
            text = text[:start] + piece + text[end:]
        return text

    def _verdict(self, change: Change) -> None:
        path = change.path
        if not self.document.has(path):
            self._add_later(change)
        elif isinstance(self.document.node(path), ScalarNode):
            self._replace(path, str(change.new), self._scalar(path))
        elif self.document.has((*path, "length")):
            self._instead(change)  # there is no run any more that has a length
        else:
            path = (*path, "verdict")
            self._replace(path, str(change.new), self._scalar(path))

    def _add_later(self, change: Change) -> None:
        """Note what is to be added to the expectations of a case, or to a case that has none."""
        path = (*change.case, "expect")
        if not self.document.has(path):
            path = change.case
        node = self.document.node(path)
        _, _, entries = self.new.setdefault(id(node), (node, path, {}))
        entries[change.name] = str(change.new)

    def _number(self, change: Change) -> None:
        old = self._scalar(change.path)
        new = f"{change.new:_}" if "_" in old else str(change.new)
        self._replace(change.path, new, old)

    def _scalar(self, path: Path) -> str:
        """Return what a scalar is without quotes, anchor and tag."""
        node = self.document.node(path)
        match = _PLAIN.fullmatch(self._source(node))
        if match is None or not isinstance(node, ScalarNode):
            raise self._refused(path, "this is written in a way that cannot be edited in place")
        return next(group for group in match.groups()[1:] if group is not None)

    def _replace(self, path: Path, new: str, old: str) -> None:
        """Exchange what a scalar is, and leave what stands around that."""
        node = self.document.node(path)
        source = self._source(node)
        start = node.start_mark.index + source.rindex(old)
        self._put(path, start, start + len(old), new)

    def _instead(self, change: Change) -> None:
        """Put a verdict where a mapping with a length stands."""
        node = self.document.node(change.path)
        source = self._source(node)
        if not source.startswith("{") or _BREAK.search(source):
            message = f"there is no run now that has a length; write '{change.new}' instead"
            raise self._refused(change.path, message)
        self._put(change.path, node.start_mark.index, node.end_mark.index, str(change.new))

    def _add(self, node: Node, path: Path, entries: Mapping[str, str]) -> None:
        """Add entries to the expectations of a case, or these to the case."""
        quoted = isinstance(node, MappingNode) and any(key.style == '"' for key, _ in node.value)
        pairs = [f"{_key(name, quoted)}: {_value(new, quoted)}" for name, new in entries.items()]
        mapping = f"{{{', '.join(pairs)}}}"
        if isinstance(node, ScalarNode):  # `expect: holds`
            old = self._scalar(path)
            quotes = node.style is not None
            start = node.start_mark.index + self._source(node).rindex(old) - quotes
            self._put(path, start, node.end_mark.index, mapping)
            return
        if path[-1:] != ("expect",):
            pairs = [f"{_key('expect', quoted)}: {mapping}"]
        if _is_flow(node):
            self._add_to_flow(node, path, pairs)
        else:
            self._add_to_block(node, path, pairs)

    def _add_to_flow(self, node: Node, path: Path, pairs: list[str]) -> None:
        text = ", ".join(pairs)
        if node.value:
            at = self._end_of_pair(node.value[-1], path)
            self._put(path, at, at, f", {text}")
            return
        at = node.start_mark.index + self._source(node).index("{") + 1
        self._put(path, at, at, text)

    def _add_to_block(self, node: Node, path: Path, pairs: list[str]) -> None:
        """Add lines below the last of a mapping, which are indented as its first."""
        text = self.document.text
        mark = node.value[0][0].start_mark
        indent = text[mark.index - mark.column : mark.index]
        if indent.strip(" "):
            raise self._refused(path, "nothing can be added to this safely; write it on lines")
        at = self._end_of_pair(node.value[-1], path)
        end = _BREAK.search(text, at)
        at = end.start() if end else len(text)
        any_break = end or _BREAK.search(text)
        line_end = any_break.group() if any_break else "\n"
        self._put(path, at, at, "".join(f"{line_end}{indent}{pair}" for pair in pairs))

    def _end_of_pair(self, pair: tuple[Node, Node], path: Path) -> int:
        """Return where an entry of a mapping ends, without comments and empty lines behind it."""
        key, value = pair
        if value.start_mark.index >= key.end_mark.index:
            return self._end(value, path)
        match = _ALIAS.match(self.document.text, key.end_mark.index)
        if match is None:
            raise self._refused(path, _ALIASED)
        return match.end()

    def _end(self, node: Node, path: Path) -> int:
        if isinstance(node, ScalarNode) or _is_flow(node):
            start: int = node.start_mark.index
            return start + len(self._source(node).rstrip())
        if isinstance(node, MappingNode):
            return self._end_of_pair(node.value[-1], path)
        last: Node = node.value[-1]
        if last.start_mark.index < node.start_mark.index:
            raise self._refused(path, _ALIASED)
        return self._end(last, path)

    def _source(self, node: Node) -> str:
        return self.document.text[node.start_mark.index : node.end_mark.index]

    def _put(self, path: Path, start: int, end: int, piece: str) -> None:
        if self.pieces.setdefault((start, end), piece) != piece:
            message = "cases that share this by an alias would need different ones now"
            raise self._refused(path, message)

    def _refused(self, path: Path, message: str) -> SpecError:
        return SpecError([Finding(self.document.place(path), f"not updated: {message}")])


def _is_flow(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _key(name: str, quoted: bool) -> str:
    """Return a key as YAML reads it back, in quotes where it needs them."""
    if _NAME.fullmatch(name) and name.lower() not in _WORDS and not quoted:
        return name
    return json.dumps(name, ensure_ascii=False)


def _value(word: str, quoted: bool) -> str:
    return json.dumps(word) if quoted else str(word)
