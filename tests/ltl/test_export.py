from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from tests.golden_files import assert_golden
from tests.ltl.words import ATOMS, NAMES, QUICK, Word, accepts, different_words, formula, formulas
from utcheck.properties.ltl.automaton import Automaton, Edge
from utcheck.properties.ltl.dot import to_dot
from utcheck.properties.ltl.evaluation import holds
from utcheck.properties.ltl.formula import Formula, written
from utcheck.properties.ltl.hoa import to_hoa
from utcheck.properties.ltl.syntax import parse
from utcheck.properties.ltl.translation import translate

STRING = r'"((?:\\.|[^"\\])*)"'


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


# ---------------------------------------------------------------------- the Hanoi format


def read_hoa(text: str) -> tuple[Automaton, list[str], str]:
    """Read what the format allows of an automaton as ours are, and nothing else."""
    head, body = re.fullmatch(r"HOA: v1\n(.*?)--BODY--\n(.*)--END--\n", text, re.DOTALL).groups()  # type: ignore[union-attr]
    header = dict(line.split(": ", 1) for line in head.splitlines())
    count, _, rest = header["AP"].partition(" ")
    names = [unquoted(name) for name in re.findall(STRING, rest)]
    assert len(names) == int(count)
    sets, _, condition = header["Acceptance"].partition(" ")
    assert condition == ("&".join(f"Inf({one})" for one in range(int(sets))) or "t")
    assert header["properties"] == "trans-labels explicit-labels trans-acc"
    rows: list[list[Edge]] = []
    for line in body.splitlines():
        if line.startswith("State: "):
            assert line == f"State: {len(rows)}"
            rows.append([])
        else:
            rows[-1].append(read_edge(line))
    assert int(header["States"]) == len(rows)
    edges = tuple(map(tuple, rows))
    name = re.fullmatch(STRING, header["name"])
    assert name is not None
    found = Automaton(len(names), int(sets), int(header["Start"]), edges)
    return found, names, unquoted(name.group(1))


def read_edge(line: str) -> Edge:
    label, target, _, marks = re.fullmatch(r"\[(.*)\] (\d+)( \{(.+)\})?", line).groups()  # type: ignore[union-attr]
    literals = [] if label == "t" else label.split("&")
    needs = sum(2 ** int(one) for one in literals if not one.startswith("!"))
    forbids = sum(2 ** int(one[1:]) for one in literals if one.startswith("!"))
    return Edge(needs, forbids, int(target), sum(2 ** int(one) for one in (marks or "").split()))


@settings(QUICK, max_examples=100)
@given(formulas(), different_words(4))
def test_what_is_read_back_accepts_the_same_words(claim: Formula, among: list[Word]) -> None:
    automaton = translate(claim, ATOMS)
    text = written(claim, NAMES)
    found, names, name = read_hoa(to_hoa(automaton, NAMES, text))
    assert (names, name) == (list(NAMES), text)
    for one in among:
        assert accepts(found, one) == holds(claim, *one), one
    assert found == automaton


def test_quotes_and_backslashes_come_back() -> None:
    automaton = Automaton(2, 0, 0, ((Edge(1, 2, 0, 0),),))
    names = ['{name == "a\\"b"}', 'event("it\'s")']
    text = to_hoa(automaton, names, 'F "x"\n\\ G')
    assert read_hoa(text) == (automaton, names, 'F "x" \\ G')
    assert r'"{name == \"a\\\"b\"}"' in text


@pytest.mark.parametrize(
    ("text", "acceptance"),
    [
        ("G a", "acc-name: all\nAcceptance: 0 t\n"),
        ("GF a", "acc-name: Buchi\nAcceptance: 1 Inf(0)\n"),
        ("GF a & GF b", "acc-name: generalized-Buchi 2\nAcceptance: 2 Inf(0)&Inf(1)\n"),
        ("false", "acc-name: all\nAcceptance: 0 t\n"),
    ],
)
def test_the_acceptance_has_the_name_that_the_format_gives_it(text: str, acceptance: str) -> None:
    assert f"\n{acceptance}" in to_hoa(translate(formula(text), ATOMS), NAMES, text)


def test_golden() -> None:
    text = "G (event(\"stop\") -> F p_runs) & GF {vm.at('wait')}"
    parsed = parse(text)
    automaton = translate(parsed.formula, len(parsed.atoms))
    spellings = [atom.spelling for atom in parsed.atoms]
    assert_golden("ltl/answered.hoa", to_hoa(automaton, spellings, text))
    assert_golden("ltl/answered.dot", to_dot(automaton, spellings, text))


# ---------------------------------------------------------------------- Graphviz


def read_dot(text: str) -> list[tuple[int, int, str]]:
    """Read source, target and label of each edge."""
    statements = [line.strip() for line in text.splitlines()]
    assert (statements[0], statements[-1]) == ("digraph automaton {", "}")
    edges = []
    for statement in statements:
        if match := re.fullmatch(rf"(\d+) -> (\d+) \[label={STRING}\];", statement):
            source, target, label = match.groups()
            edges.append((int(source), int(target), label))
    return edges


@settings(QUICK, max_examples=50)
@given(formulas())
def test_the_picture_has_every_state_and_edge(claim: Formula) -> None:
    automaton = translate(claim, ATOMS)
    text = to_dot(automaton, NAMES, written(claim, NAMES))
    assert f"  start -> {automaton.initial};\n" in text
    for state in range(len(automaton.edges)):
        assert f"\n  {state};\n" in text
    for line, (source, edge) in zip(
        read_dot(text), [(s, e) for s, es in enumerate(automaton.edges) for e in es], strict=True
    ):
        assert line[:2] == (source, edge.target)
        literals, _, marks = line[2].partition("\\n")
        read = [] if literals == "true" else literals.split(" &amp; ")
        assert {one.lstrip("!") for one in read if "!" not in one} == {
            NAMES[atom] for atom in range(ATOMS) if edge.needs >> atom & 1
        }
        assert {one.lstrip("!") for one in read if "!" in one} == {
            NAMES[atom] for atom in range(ATOMS) if edge.forbids >> atom & 1
        }
        assert marks.split() == [f"({n})" for n in range(automaton.sets) if edge.marks >> n & 1]


def test_labels_are_escaped() -> None:
    automaton = Automaton(2, 2, 0, ((Edge(1, 2, 0, 3),),))
    text = to_dot(automaton, ['{a == "\\N"}', "b"], 'F "x"')
    assert '  label="F \\"x\\"";\n' in text
    assert read_dot(text) == [(0, 0, '{a == \\"\\\\N\\"} &amp; !b\\n(0) (1)')]
    text = to_dot(automaton, ['{a == "&lt;"}', "b"], "F x")
    assert "&amp;lt;" in text  # else Graphviz would draw <
