from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ltl.words import QUICK, formulas, numbered
from utcheck.properties.ltl import evaluation
from utcheck.properties.ltl.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Formula,
    Next,
    Not,
    Or,
    Release,
    Until,
    has_next,
    operands,
    size,
    written,
)
from utcheck.properties.ltl.normal import normal
from utcheck.properties.ltl.syntax import (
    MOST_CHARACTERS,
    MOST_LEVELS,
    MOST_NESTING,
    MOST_SIZE,
    Parsed,
    parse,
)
from utcheck.properties.ltl.tokens import OPERATORS, AtomText, LtlSyntaxError
from utcheck.properties.ltl.translation import translate

P, Q, R, S = map(Atom, range(4))


def F(operand: Formula) -> Formula:
    return Until(TRUE, operand)


def G(operand: Formula) -> Formula:
    return Release(FALSE, operand)


# ---------------------------------------------------------------------- operators


@pytest.mark.parametrize(
    ("texts", "tree"),
    [
        (["p", " p ", "(p)", "((p))", "{p}", "{ p }", "\np\t"], P),
        (["true", "1"], TRUE),
        (["false", "0"], FALSE),
        (["!p", "~p", "not p", "! p", "(!p)"], Not(P)),
        (["X p", "next p", "X(p)", "X{p}"], Next(P)),
        (["F p", "<> p", "<>p", "eventually p", "finally p"], F(P)),
        (["G p", "[] p", "[]p", "always p", "globally p"], G(P)),
        (["p & q", "p && q", "p and q", "p /\\ q", "p&q", "{p}&{q}"], And(P, Q)),
        (["p | q", "p || q", "p or q", "p \\/ q", "p|q"], Or(P, Q)),
        (["p -> q", "p => q", "p imply q", "p implies q", "p->q"], Or(Not(P), Q)),
        (
            ["p <-> q", "p <=> q", "p equivalent q", "p<->q"],
            Or(And(P, Q), And(Not(P), Not(Q))),
        ),
        (["p U q", "p until q"], Until(P, Q)),
        (["p R q", "p V q", "p release q"], Release(P, Q)),
        (["p W q"], Release(Q, Or(P, Q))),
        (["p M q"], Until(Q, And(P, Q))),
    ],
)
def test_spellings(texts: list[str], tree: Formula) -> None:
    for text in texts:
        assert parse(text).formula == tree, text


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        # what stands before its operand binds most tightly
        ("!p & q", And(Not(P), Q)),
        ("!p U q", Until(Not(P), Q)),
        ("G p U q", Until(G(P), Q)),
        ("X p & q", And(Next(P), Q)),
        ("F p -> q", Or(Not(F(P)), Q)),
        ("!X G p", Not(Next(G(P)))),
        # then U R W M, from the right
        ("p U q U r", Until(P, Until(Q, R))),
        ("p U q R r", Until(P, Release(Q, R))),
        ("p R q U r", Release(P, Until(Q, R))),
        ("p W q M r", Release(Until(R, And(Q, R)), Or(P, Until(R, And(Q, R))))),
        ("(p U q) U r", Until(Until(P, Q), R)),
        ("p & q U r", And(P, Until(Q, R))),
        ("p U q & r", And(Until(P, Q), R)),
        ("p U q | r", Or(Until(P, Q), R)),
        ("p U !q U r", Until(P, Until(Not(Q), R))),
        # then &, then |, from the left
        ("p & q & r", And(And(P, Q), R)),
        ("p & (q & r)", And(P, And(Q, R))),
        ("p | q | r", Or(Or(P, Q), R)),
        ("p | q & r", Or(P, And(Q, R))),
        ("p & q | r", Or(And(P, Q), R)),
        ("p & q | r & s", Or(And(P, Q), And(R, S))),
        # then -> and <->, from the right
        ("p -> q -> r", Or(Not(P), Or(Not(Q), R))),
        ("p | q -> r", Or(Not(Or(P, Q)), R)),
        ("p -> q | r", Or(Not(P), Or(Q, R))),
        ("p -> q U r", Or(Not(P), Until(Q, R))),
        ("p <-> q -> r", Or(And(P, Or(Not(Q), R)), And(Not(P), Not(Or(Not(Q), R))))),
        # several
        ("[] (p -> <> q)", G(Or(Not(P), F(Q)))),
        ("always not p or eventually q", Or(G(Not(P)), F(Q))),
    ],
)
def test_precedence(text: str, tree: Formula) -> None:
    assert parse(text).formula == tree


@pytest.mark.parametrize(
    ("text", "tree", "names"),
    [
        ("GF p", G(F(P)), ["p"]),
        ("FG p", F(G(P)), ["p"]),
        ("GFX (p)", G(F(Next(P))), ["p"]),
        ("XX !p", Next(Next(Not(P))), ["p"]),
        ("GF {p}", G(F(P)), ["p"]),
        ("GF true", G(F(TRUE)), []),
        ("GF event('p')", G(F(P)), ["p"]),
        ("FG GF p", F(G(G(F(P)))), ["p"]),
        ("F GF p", F(G(F(P))), ["p"]),
        ("GF p & FG q", And(G(F(P)), F(G(Q))), ["p", "q"]),
        # a name, where no operand follows, or with another letter in it
        ("GF", P, ["GF"]),
        ("GF & p", And(P, Q), ["GF", "p"]),
        ("GF GF", G(F(P)), ["GF"]),
        ("(GF)", P, ["GF"]),
        ("GF U FG", Until(P, Q), ["GF", "FG"]),
        ("GFp", P, ["GFp"]),
        ("G GFp", G(P), ["GFp"]),
        ("gf & Gp & UU", And(And(P, Q), R), ["gf", "Gp", "UU"]),
    ],
)
def test_letters_written_together(text: str, tree: Formula, names: list[str]) -> None:
    parsed = parse(text)
    assert parsed.formula == tree
    assert [atom.text for atom in parsed.atoms] == names


def test_f_g_and_g_f_differ() -> None:
    assert parse("F G p") != parse("G F p")
    assert parse("FG p") == parse("F G p").__class__(F(G(P)), (AtomText("p", 3, False),))


# ---------------------------------------------------------------------- atoms


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("p_runs", [("p_runs", 0, False)]),
        ("truth & falsehood", [("truth", 0, False), ("falsehood", 8, False)]),
        ("Größe2", [("Größe2", 0, False)]),
        ("{stopped and p.done}", [("stopped and p.done", 1, False)]),
        ("{  a == 1 }", [("a == 1", 3, False)]),
        ("G {a[{1: 2}[1]] == (3)}", [("a[{1: 2}[1]] == (3)", 3, False)]),
        ("{a == '}'} & q", [("a == '}'", 1, False), ("q", 13, False)]),
        ('{a == "\\"}"}', [('a == "\\"}"', 1, False)]),
        ("{a == '''}'{'''}", [("a == '''}'{'''", 1, False)]),
        ("{'' == a}", [("'' == a", 1, False)]),
        ("{a\n  == b}", [("a\n  == b", 1, False)]),
        ("{p.at('[')}", [("p.at('[')", 1, False)]),
        ("{U}", [("U", 1, False)]),
        ('event("resumed")', [("resumed", 7, True)]),
        ("event( 're sumed' ) U q", [("re sumed", 8, True), ("q", 22, False)]),
        ("event ('}')", [("}", 8, True)]),
        ("event & events", [("event", 0, False), ("events", 8, False)]),
        # the same atom written twice is one, with its first place
        ("q & p | q", [("q", 0, False), ("p", 4, False)]),
        ("{p} & p & { p}", [("p", 1, False)]),
        ("event('p') & p & event(\"p\")", [("p", 7, True), ("p", 13, False)]),
    ],
)
def test_atoms(text: str, atoms: list[tuple[str, int, bool]]) -> None:
    parsed = parse(text)
    assert list(parsed.atoms) == [AtomText(*atom) for atom in atoms]
    for atom in parsed.atoms:
        assert text[atom.column :].startswith(atom.text)


def test_the_same_atom_has_the_same_number() -> None:
    assert parse("p & q & {p}").formula == And(And(P, Q), P)
    assert parse("event('p') & p").formula == And(P, Q)


def test_operators_are_words_that_are_not_atoms() -> None:
    assert {"G", "U", "V", "next", "not", "true", "imply"} <= OPERATORS
    assert not OPERATORS & {"event", "GF", "p", "1"}
    for word in OPERATORS - {"true", "false"}:
        with pytest.raises(LtlSyntaxError):
            parse(word)
        assert parse(f"{{{word}}}").atoms == (AtomText(word, 1, event=False),)


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 0, "the formula is empty"),
        (" \n ", 0, "the formula is empty"),
        # operands
        ("p U", 3, "an operand is missing after 'U'"),
        ("p U  ", 3, "an operand is missing after 'U'"),
        ("G", 1, "an operand is missing after 'G'"),
        ("p U & q", 4, "an operand is missing between 'U' and '&'"),
        ("& p", 0, "an operand is missing before '&'"),
        ("(& p)", 1, "an operand is missing between '(' and '&'"),
        ("p & ()", 5, "an operand is missing between '(' and ')'"),
        ("p until )", 8, "an operand is missing between 'until' and ')'"),
        ("p q", 2, "an operator is missing before 'q'"),
        ("p  (q)", 3, "an operator is missing before '('"),
        ("(p)(q)", 3, "an operator is missing before '('"),
        ("G (p !q)", 5, "an operator is missing before '!'"),
        ("p {a == b}", 2, "an operator is missing before '{a == b}'"),
        ("p[]", 1, "an operator is missing before '[]'"),
        # parentheses, braces and quotes
        ("G (p | (q)", 2, "'(' is not closed"),
        ("p | q)", 5, "')' without '(' before it"),
        ("p & {q", 4, "'{' is not closed"),
        ("{f(a}", 4, "'}' closes nothing: ')' is missing before it"),
        ("{f(a", 2, "'(' is not closed"),
        ("{a]}", 2, "']' closes nothing: '}' is missing before it"),
        ("p }", 2, "'}' without '{' before it"),
        ("G { }", 2, "there is no expression in the braces"),
        ("{a == 'b}", 6, "the quote is not closed"),
        (
            "'p'",
            0,
            'what is quoted can stand only in an expression in braces, or in event("name")',
        ),
        # what is not an operator
        ("a = b", 2, "write the comparison in braces: {a == b}"),
        ("a == b", 2, "write the comparison in braces: {a == b}"),
        ("G a != b", 4, "write the comparison in braces: {a != b}"),
        ("a <= b", 2, "write the comparison in braces: {a <= b}"),
        ("a < b", 2, "write the comparison in braces: {a < b}"),
        ("p.done", 1, "'.' can stand only in an expression in braces: {...}"),
        ("p[0]", 1, "'[' can stand only in an expression in braces: {...}"),
        ("p - q", 2, "'-' can stand only in an expression in braces: {...}"),
        ("p ∧ q", 2, "'∧' means nothing in a formula"),
        ("p; q", 1, "';' means nothing in a formula"),
        ("p & 2", 4, "'2' is neither a name nor 0 or 1; write an expression in braces"),
        ("1p", 0, "'1p' is neither a name nor 0 or 1; write an expression in braces"),
        # events
        ("F event(resumed)", 2, 'an event is written event("name")'),
        ("event('a", 6, "the quote is not closed"),
        ("event('')", 7, "the name of the event is missing between the quotes"),
        ("event('a' ", 10, "an event is written event(\"name\"), so ')' is missing here"),
        ("event('a', 1)", 9, "an event is written event(\"name\"), so ')' is missing here"),
    ],
)
def test_errors(text: str, column: int, message: str) -> None:
    with pytest.raises(LtlSyntaxError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.message) == (column, message)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("!" * 150 + "p", 150 - MOST_LEVELS),
        ("GF" * 70 + " p", 140 - MOST_LEVELS),
        ("p" + " & p" * 101, 2 + 4 * (MOST_LEVELS - 1)),
        ("p" + " U p" * 150, 2 + 4 * (150 - MOST_LEVELS)),
    ],
)
def test_a_formula_that_is_too_deep_is_refused(text: str, column: int) -> None:
    with pytest.raises(LtlSyntaxError, match="the formula is too large: at most 1,000") as caught:
        parse(text)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("(" * 5000, MOST_NESTING + 1),
        ("p" + " U p" * 2400, 4 * (MOST_NESTING + 1)),
        ("!" * 5000 + "p", MOST_NESTING + 1),
        (" -> ".join("p" * 2000), 5 * (MOST_NESTING + 1)),
        ("((X (" * 1000, 5 * 50 + 1),
    ],
)
def test_a_text_that_is_nested_too_deeply_is_refused(text: str, column: int) -> None:
    with pytest.raises(LtlSyntaxError, match="nested more than 200 levels deep") as caught:
        parse(text)
    assert caught.value.column == column


def test_a_short_text_may_say_too_much() -> None:
    most = " <-> ".join("p" * 7)
    assert MOST_SIZE // 2 < size(parse(most).formula) <= MOST_SIZE
    with pytest.raises(LtlSyntaxError, match="too large"):
        parse(f"p <-> {most}")
    with pytest.raises(LtlSyntaxError, match="too large"):
        parse(" W ".join("p" * 20))


def test_a_text_that_is_too_long_is_refused() -> None:
    blanks = " " * (MOST_CHARACTERS - 1)
    assert parse(blanks + "p").formula == P
    with pytest.raises(LtlSyntaxError, match="has 10,001 characters, more than 10,000"):
        parse(blanks + "pp")


def depth(formula: Formula) -> int:
    return 1 + max(map(depth, operands(formula)), default=0)


@pytest.mark.parametrize(
    "text",
    [
        "X " * 99 + "p",
        "!" * 99 + "p",
        "(" * 99 + "p" + ")" * 99,
        " & ".join(f"p{number}" for number in range(100)),
        " | ".join(f"p{number}" for number in range(100)),
        " U ".join("pq" * 50),
        " R ".join("pq" * 50),
        "X (p U " * 49 + "q" + ")" * 49,
        "G (p | X " * 33 + "q" + ")" * 33,
    ],
)
def test_a_formula_that_is_not_refused_can_be_used(text: str) -> None:
    parsed = parse(text)
    formula, atoms = parsed.formula, parsed.atoms
    assert depth(formula) >= 97 or text.startswith("(")
    assert parse(written(formula, [atom.spelling for atom in atoms])).formula == formula
    word = [2 ** len(atoms) - 1], [0, 1]
    expected = evaluation.holds(formula, *word)
    assert evaluation.holds(normal(formula), *word) == expected
    assert evaluation.holds(normal(Not(formula)), *word) != expected
    assert translate(formula, len(atoms)).edges


FRAGMENTS = [
    *("p", "q", "GF", "FG", "X", "G", "F", "U", "R", "W", "M", "V", "true", "0", "not", "and"),
    *("(", ")", "{", "}", "[", "]", "[]", "<>", "!", "~", "&", "&&", "|", "||", "->", "<->", "=>"),
    *("event(", "event('e')", '"', "'", "{a == 'b'}", "=", "==", "<", ".", "\\", "/\\", " ", "\n"),
]


def parsed_or_error(text: str) -> Parsed | LtlSyntaxError:
    try:
        return parse(text)
    except LtlSyntaxError as error:
        return error


def read(text: str) -> bool:
    """Read a text that may be anything, and what is written of it."""
    result = parsed_or_error(text)
    if isinstance(result, LtlSyntaxError):
        assert 0 <= result.column <= len(text)
        assert result.message
        return False
    for atom in result.atoms:
        assert text[atom.column :].startswith(atom.text)
    again = parse(written(result.formula, [atom.spelling for atom in result.atoms]))
    assert [(a.text, a.event) for a in again.atoms] == [(a.text, a.event) for a in result.atoms]
    assert again.formula == result.formula
    return True


def test_any_text_is_a_formula_or_an_error_with_a_place() -> None:
    found = []
    fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=12)

    @settings(QUICK, max_examples=1500)
    @given(st.one_of(fragments.map(" ".join), fragments.map("".join), st.text(max_size=20)))
    def run(text: str) -> None:
        found.append(read(text))

    run()
    assert found.count(True) > 20
    assert found.count(False) > 200


# ---------------------------------------------------------------------- the text of a formula


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "false",
        "p",
        "{p and q}",
        'event("p")',
        "event('a\"b')",
        "{true}",
        "!p",
        "!!p",
        "!(p & q)",
        "X X p",
        "G F p",
        "F G (p -> q)",
        "G (p -> F q)",
        "p U q",
        "p U (q U r)",
        "(p U q) U r",
        "!p W q",
        "(p & q) M r",
        "p R (q | r)",
        "p R (q | X p)",
        "p & q & r",
        "p & (q & r)",
        "p | q & r",
        "(p | q) & r",
        "p -> (q -> r)",
        "(p -> q) -> r",
        "p <-> (q <-> r)",
        "p | !q",
        "!p & !q",
        "G p & F q U r",
    ],
)
def test_a_formula_is_written_as_one_would(text: str) -> None:
    parsed = parse(text)
    assert written(parsed.formula, [atom.spelling for atom in parsed.atoms]) == text


SPELLINGS = ["p", "{a == '}'}", 'event("GF")', "GF", "{U}"]


@settings(QUICK, max_examples=500)
@given(formulas(12, len(SPELLINGS)))
def test_what_is_written_is_read_back(formula: Formula) -> None:
    parsed = parse(written(formula, SPELLINGS))
    numbers = [SPELLINGS.index(atom.spelling) for atom in parsed.atoms]
    assert numbered(parsed.formula, numbers) == formula


@pytest.mark.parametrize(
    ("text", "expected"), [("p", 1), ("G p", 3), ("p U !q", 4), ("p W q", 5), ("p <-> q", 9)]
)
def test_size(text: str, expected: int) -> None:
    assert size(parse(text).formula) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("X p", True), ("G (p -> F X q)", True), ("(X p) U q", True), ("G F p", False), ("p", False)],
)
def test_has_next(text: str, expected: bool) -> None:
    assert has_next(parse(text).formula) is expected
