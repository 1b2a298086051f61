"""A picture from elsewhere made safe for a page: only shapes and texts get through.

Graphviz draws state graphs, but what stands in them comes from a model, and the picture itself may
come from a file. So nothing is taken out; everything is left out that is not known to be harmless:
other elements with all they contain, links, styles, scripts, event handlers, references.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_SHAPES = frozenset({"path", "polygon", "polyline", "line", "rect", "circle", "ellipse"})
_TEXTS = frozenset({"title", "text", "tspan"})
_KEPT = _SHAPES | _TEXTS | {"svg", "g"}
_PASSED = frozenset({"a"})  # the element is left out, what it contains is kept
_PLACES = frozenset(
    {"d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy"}
)
_SIZES = frozenset({"width", "height", "viewbox", "preserveaspectratio", "transform", "textlength"})
_LOOKS = frozenset({"class", "opacity", "dominant-baseline", "text-anchor"})
_NAMES = _PLACES | _SIZES | _LOOKS
_PENS = re.compile(r"(?:fill|stroke|font)(?:-[a-z]+)?")
# Names, numbers, colours, lists of them, transformations; no `url(...)`, no colon, no quote.
_VALUE = re.compile(r"[\w\s#.,%+()-]*", re.ASCII)
_REFERENCE = re.compile(r"url\s*\(", re.IGNORECASE)
_CLASS = re.compile(r"graph|cluster|node|edge|at-[0-9]+", re.ASCII)


def safe_svg(text: str) -> str:
    """Return the picture with nothing in it that loads, links, styles or runs.

    What is not well-formed is closed as far as it goes; without an `svg` element the answer is
    empty. Attributes `id` are left out too, because the page has its own.
    """
    filtered = _Filter()
    filtered.feed(text)
    filtered.close()
    return filtered.result()


class _Filter(HTMLParser):
    """Writes what is kept.

    `_open` are the kept elements around the place where the parser is, and `_dropped` those inside
    them, if any, that are left out.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._dropped: list[str] = []
        self._done = False

    def result(self) -> str:
        """Return the picture, with the elements closed that are still open."""
        return "".join([*self._parts, *(f"</{tag}>" for tag in reversed(self._open))])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element, or begin to leave one out."""
        if self._done or (not self._dropped and tag in _PASSED):
            return
        if self._dropped or tag not in _KEPT or (tag == "svg" and self._open):
            self._dropped.append(tag)
        elif tag == "svg" or self._open:
            self._open.append(tag)
            self._parts.append(f"<{tag}{_attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an element without content."""
        if self._open and not self._dropped and tag in _SHAPES:
            self._parts.append(f"<{tag}{_attributes(attrs)}/>")

    def handle_endtag(self, tag: str) -> None:
        """End an element that was begun, and with it those that were not closed inside it."""
        stack = self._dropped or self._open
        if tag not in stack:
            return
        while True:
            ended = stack.pop()
            if stack is self._open:
                self._parts.append(f"</{ended}>")
            if ended == tag:
                break
        self._done = not self._open and not self._dropped and bool(self._parts)

    def handle_data(self, data: str) -> None:
        """Write text where text is seen; between shapes it would only be white space."""
        if self._dropped or not self._open:
            return
        if self._open[-1] in _TEXTS:
            self._parts.append(escape(data, quote=False))
        elif "\n" in data:
            self._parts.append("\n")


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    kept = []
    for name, given in attrs:
        value = given or ""
        if name == "class":  # the page has other classes of its own
            value = " ".join(word for word in value.split() if _CLASS.fullmatch(word))
        harmless = _VALUE.fullmatch(value) and not _REFERENCE.search(value)
        if harmless and (name in _NAMES or _PENS.fullmatch(name)):
            kept.append(f' {name}="{value}"')
    return "".join(kept)
