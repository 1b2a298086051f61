from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.random_traces import texts
from utcheck.plain import columns, enumerate_words, escape, fill, in_families, paragraph, show


class Colour(Enum):
    RED = 1


@given(st.lists(texts, max_size=8), st.integers(12, 80), st.integers(0, 4), st.booleans())
def test_fill_loses_nothing_but_blanks(
    chunks: list[str], width: int, hanging: int, unicode: bool
) -> None:
    escaped = [escape(chunk, unicode=unicode) for chunk in chunks]
    lines = fill(escaped, width, hanging=hanging)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(escaped).replace(" ", "")


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        (["one", "two", "three"], ["one two", "  three"]),
        (["utrace_control(RESUME)"], ["utrace_", "  control(", "  RESUME)"]),
        (["aaaaaaaaaaaaaa"], ["aaaaaaaaaa", "  aaaa"]),
        (["aaaaaaaa\\x1b[0m"], ["aaaaaaaa", "  \\x1b[0m"]),  # an escape stays in one piece
        ([], [""]),
    ],
)
def test_fill_breaks_where_a_reader_would(chunks: list[str], lines: list[str]) -> None:
    assert fill(chunks, 10, hanging=2) == lines


@pytest.mark.parametrize(
    "start", ["From here", ">From here", ".", "---", "--", "diff -u", "Index: a"]
)
def test_a_paragraph_is_moved_where_a_mail_tool_would_misread_it(start: str) -> None:
    assert paragraph(start, 20) == [f" {start}"]
    assert paragraph(f"{'x' * 20} {start}", 20) == [f" {'x' * 19}", f" x {start}"]


def test_a_harmless_paragraph_stays_at_the_margin() -> None:
    assert paragraph("one two", 5, hanging=1) == ["one", " two"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Colour.RED, "Colour.RED"),
        ((Colour.RED,), "(Colour.RED,)"),
        ((), "()"),
        (frozenset({"b", "a", 10, 9, None}), "{9, 10, 'a', 'b', None}"),
        (frozenset(), "{}"),
        ("caf\u00e9\n", r"'caf\xe9\n'"),
        (object(), "<object object>"),
    ],
)
def test_values_are_shown_as_a_reader_would_write_them(value: object, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["p", "vm[0]", "vm[1]", "vm[2]", "vm[4]"], ["p", "vm[0..2]", "vm[4]"]),
        (["a[0].x", "a[0].y", "a[1].x", "a[1].y", "a[2].x"], ["a[0..2].x", "a[0].y", "a[1].y"]),
        (["a[0][0]", "a[0][1]", "a[0][2]"], ["a[0][0..2]"]),
        (["vm[2]", "vm[1]", "vm[0]"], ["vm[2]", "vm[1]", "vm[0]"]),
        (["p", "p"], ["p"]),
        ([], []),
    ],
)
def test_families_are_named_once(names: list[str], shown: list[str]) -> None:
    assert list(in_families(names).values()) == shown


def test_words_are_enumerated() -> None:
    assert [enumerate_words(list("abc"[:size])) for size in range(4)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
