"""Graphs as GraphML, written by networkx."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

# What XML 1.0 cannot hold, and the carriage return, which a reader of XML turns into a newline.
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The attributes that are no values of the model, but flags and counts.
PLAIN = {"initial", "deadlock", "states", "deadlocks", "hidden", "transitions"}
# Those of an automaton that a process has not where it has ended.
ABSENT = {"label", "place"}


def to_graphml(graph: nx.MultiDiGraph[int], shown: Callable[[object], str]) -> str:
    """Return a graph as GraphML.

    Flags and counts (`initial`, `states`) are Booleans and integers. A mapping becomes an attribute
    for each name (`variables.stopped`). Strings are themselves, and everything else is the text
    that `shown` makes of it. A character that XML cannot hold is written as Python would escape it.
    Of the graph's `initial` there are only the flags of the nodes, and where a process has ended,
    its location is left out.
    """
    import networkx as nx

    about = {name: value for name, value in graph.graph.items() if name != "initial"}
    plain: nx.MultiDiGraph[int] = nx.MultiDiGraph(**_texts(about, shown))
    for node, data in graph.nodes(data=True):
        plain.add_node(node, **_texts(data, shown))
    # In a document, what edges are called is unique.
    for number, (source, target, data) in enumerate(graph.edges(data=True)):
        plain.add_edge(source, target, f"e{number}", **_texts(data, shown))
    return "".join(f"{line}\n" for line in nx.generate_graphml(plain))


def _texts(data: Mapping[str, Any], shown: Callable[[object], str]) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            for inner, one in value.items():
                if one is not None or name != "locations":
                    texts[_sound(f"{name}.{inner}")] = _text(one, shown)
        elif value is not None or name not in ABSENT:
            texts[name] = value if name in PLAIN else _text(value, shown)
    return texts


def _text(value: object, shown: Callable[[object], str]) -> str:
    return _sound(value if type(value) is str else shown(value))


def _sound(text: str) -> str:
    return _NOT_IN_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
