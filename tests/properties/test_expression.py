from __future__ import annotations

import contextlib
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.scenery import Scenery, Situation
from utcheck.errors import ModelError
from utcheck.properties.expression import ExpressionError

TRUE = [
    "not stopped",
    "True and not False",
    "3 < count <= 4",
    "count == 4 and count != 3 and 3 in (1, 2, 3) and 4 not in [1, 2]",
    "stopped is False and said is None and stopped is not True",
    "count + 1 == 5 and count - 1 == 3 and count * 2 == 8 and -count == -4 and +count == 4",
    "count / 8 == 0.5 and count // 3 == 1 and count % 3 == 1",
    "count & 4 == 4 and count | 1 == 5 and count ^ 4 == 0",
    "(1 if stopped else 2) == 2",
    "(engine[0] if stopped else engine[1]).phase is Phase_.IDLE",
    "engine[0].phase == Phase_.IDLE and engine[-1].phase != Phase_.BUSY",
    "Phase_.IDLE.value == 'idle' and Phase_.BUSY.name == 'BUSY'",
    "not engine[0].busy",
    "not any(e.stop for e in engine) and all(not e.busy for e in engine)",
    "len(engine) == engines and len(vm) == 2 and len(queue) == 2 and len(level) == N",
    "sum(level) == 6 and min(level) == 1 and max(level) == 3 and abs(0 - count) == 4",
    "max(1, count) == 4 and min(1, count, 9) == 1",
    "sum(1 for x in level if x > 1) == 2",
    "sum(i * j for i in range(3) for j in range(i)) == 2",
    "any(level[i] < level[j] for i in range(3) for j in range(3) if i < j)",
    "any(x in level for x in queue) and 3 in level",
    "queue == (1, 2) and queue == [1, 2] and queue[0] == 1 and queue + (3,) == (1, 2, 3)",
    "queue[-1] == 2 and () == [] and 'ab' + 'c' == 'abc'",
    "names == {'x'} and 'x' in names and names - {'x'} == {1} - {1}",
    "PAIR == ('a', 1) and PAIR[0] == 'a' and level[N - 1] == 3",
    "fix == 'none' and engines == 2",
    "ready and ready() and small_enough",
    "message.kind == 'hello'",
    "not lock.locked and lock.owner is None and lock.owner != 'vm[0]'",
    "len(channel) == 0 and channel.items == () and channel.capacity == 2",
    "not event.is_set and semaphore.count == 2",
    'p.at("first") and p.at("second", "first") and not p.done and p.enabled',
    'sum(v.at("cs") for v in vm) == 0 and not vm[0].done',
    "any(x for x in (stopped, ready))",
    "count > 3 and \n not stopped",
    "stopped in (stopped, engine[1].stop)",
    "  (  not stopped  )  ",
]


@pytest.mark.parametrize("text", TRUE)
def test_is_true(text: str) -> None:
    assert Situation().value(text) is True


@pytest.mark.parametrize("text", TRUE)
def test_negated_is_false(text: str) -> None:
    assert Situation().value(f"not ({text})") is False


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("stopped and count > 0", ["stopped"]),
        ("ready or count > 0", ["stopped"]),
        ("count > 3 > small > stopped", ["count", "small"]),
        ("level[0] == 2 == level[1]", ["level[0]"]),
        ("count == 4 if stopped else small == 5", ["stopped", "small"]),
        ("any(x > 0 for x in level)", ["level[0]"]),
        ("all(x > 1 for x in level)", ["level[0]"]),
        ("sum(x for x in level) == 6", ["level[0]", "level[1]", "level[2]"]),
        ("len(engine) == 2 and engine[1].stop", ["engine[1].stop"]),
        ("fix == 'none' and N == 3", []),
        ('vm[1].at("cs")', ["vm[1]"]),
        ("lock.locked", ["lock.owner"]),
    ],
)
def test_reads_no_more_than_it_needs(text: str, reads: list[str]) -> None:
    situation = Situation()
    situation.value(text)
    assert situation.reads == reads


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        # names
        ("stoped", 0, "unknown name 'stoped', did you mean 'stopped'?"),
        ("ready and\n  stoped", 12, "unknown name 'stoped', did you mean 'stopped'?"),
        ("stopped == true", 11, "unknown name 'true', did you mean 'True'?"),
        ("not self.stopped", 4, "unknown name 'self'"),
        ("any(x for y in level)", 4, "unknown name 'x'"),
        ("any(v for v in level) and v", 26, "unknown name 'v'"),
        ("any", 0, "'any' is a function; call it: any(...)"),
        ("of_one", 0, "'of_one' takes arguments; a spec can use it only without"),
        # fields and members
        ("engine[0].stpo", 10, "'Engine' has no field 'stpo', did you mean 'stop'?"),
        ("Phase_.IDEL == 3", 7, "'Phase_' has no member 'IDEL', did you mean 'IDLE'?"),
        ("stopped.x", 8, "'stopped' is a bool and has no attribute 'x'"),
        ("message.kin == 1", 8,
         "'message' is a Message and has no attribute 'kin', did you mean 'kind'?"),
        ("stopped.__class__", 8,
         "'__class__' is not an attribute that an expression may read"),
        ("lock.utcheck_path", 5,
         "'utcheck_path' is not an attribute that an expression may read"),
        ("lock.acquire", 5, "'Lock' has no field 'acquire'"),
        # arrays and indices
        ("engine.stop", 7,
         "'engine' is an array; index it, as in engine[0].stop, or iterate over it"),
        ("engine[2].stop", 7, "'engine' has 2 elements; engine[2] is none"),
        ("engine[-3].stop", 7, "'engine' has 2 elements; engine[-3] is none"),
        ("level[N] == 1", 6, "'level' has 3 elements; level[3] is none"),
        ("level['a'] == 1", 6, "'level' is indexed with 'a', not with an integer"),
        ("level[0:1] == 1", 6, "a slice is not allowed in an expression"),
        ("stopped[0]", 0, "'stopped' is a bool and cannot be indexed"),
        ("any(x for x in stopped)", 15, "'stopped' is a bool and has no elements"),
        ("3 in count", 5, "'count' is an int and has no elements"),
        ("len(stopped)", 4, "'stopped' is a bool and has no length"),
        # processes
        ('p.att("x")', 2, "a process has 'at', 'done' and 'enabled', not 'att', "
                          "did you mean 'at'?"),
        ("p.at", 2, '\'at\' needs a label: p.at("...")'),
        ("p.at()", 0, '\'at\' needs a label: p.at("...")'),
        ("p.at(3)", 5, "a label is a string in quotes, not 3"),
        ("p.at(label='x')", 11, "a keyword argument is not allowed in an expression"),
        ("p.done()", 0, "'p.done' is not a function; write it without parentheses"),
        ('vm.at("x")', 3,
         "'vm' is a family of processes; index it, as in vm[0].at, or iterate over it"),
        ("vm[5].done", 3, "'vm' has 2 elements; vm[5] is none"),
        # what is not a value
        ("p", 0, '\'p\' is a process, not a value; ask for p.at("..."), p.done or p.enabled'),
        ("vm", 0, "'vm' is a family of processes, not a value; use vm[0], or iterate"),
        ("engine", 0, "'engine' is an array, not a value; use engine[0], or iterate over it"),
        ("level == [1, 2, 3]", 0,
         "'level' is an array, not a value; use level[0], or iterate over it"),
        ("channel == ()", 0,
         "'channel' is a record, not a value; name a field: channel.capacity, channel.items"),
        ("Phase_", 0, "'Phase_' is an enumeration, not a value; name a member"),
        ("any(vm)", 4, "the elements of 'vm' are not values; write any(... for x in vm)"),
        # values that a variable never has
        ("said == 'yess'", 8, "'said' is never 'yess', did you mean 'yes'?"),
        ("said in ('yes', 'maybe')", 16,
         "'said' is never 'maybe'; it is one of 'yes', 'no', None"),
        ("engine[0].phase == 'IDLE'", 19,
         "'engine[0].phase' is never 'IDLE', did you mean Phase_.IDLE?"),
        ("fix != '2a'", 7, "'fix' is never '2a'; it is one of 'none', '2A'"),
        ("lock.owner == 'vm'", 14, "'lock.owner' is never 'vm'; it is one of None, 'p', "
                                   "'vm[0]', 'vm[1]'"),
        ("stopped == None", 11, "'stopped' is never None; it is one of False, True"),
        ("said is 'yes'", 8, "`is` is for None, True, False and members of an enumeration; "
                             "write `==`"),
        # calls
        ("sorted(level) == 1", 0, "unknown function 'sorted'"),
        ("summ(level) == 1", 0, "unknown function 'summ', did you mean 'sum'?"),
        ("stopped()", 0, "'stopped' is not a function"),
        ("ready(3)", 6, "'ready' takes no arguments"),
        ("abs(1, 2) == 1", 0, "abs() takes one argument, not 2"),
        ("max(*level) == 1", 4, "a starred part is not allowed in an expression"),
        ("message.kind.upper() == 'A'", 0,
         "'message.kind.upper' is not a function that an expression may call"),
        ("(lambda: 1)()", 1, "'lambda: 1' is not a function"),
        # what is not an expression of a spec
        ("lambda: 1", 0, "a lambda is not allowed in an expression"),
        ("f'{count}' == '4'", 0, "an f-string is not allowed in an expression"),
        ("[x for x in level] == 1", 0, "a list comprehension is not allowed in an expression"),
        ("{1: 2} == 1", 0, "a dictionary is not allowed in an expression"),
        ("(x := 3) == 3", 1, "an assignment is not allowed in an expression"),
        ("(x for x in level)", 0,
         "a generator outside any, all, sum, min and max is not allowed in an expression"),
        ("any(x for x, y in level)", 10, "the variable of a generator is one name"),
        ("count ** 2 == 16", 0, "`**` is not allowed in an expression"),
        ("count << 2 == 16", 0, "`<<` is not allowed in an expression"),
        ("~count == 1", 0, "`~` is not allowed in an expression; Python writes `not`"),
        ("b'x' == 1", 0, "bytes is not a type that an expression has"),
        ("... == 1", 0, "ellipsis is not a type that an expression has"),
        (f"count == {2**300}", 9, "an integer has at most 256 bits"),
        # what is not an expression of Python
        ("", 0, "the expression is empty"),
        ("  \n ", 0, "the expression is empty"),
        ("stopped and", 11, "not a Python expression: invalid syntax"),
        ("stopped = 3", 8, "not a Python expression: invalid syntax; to compare, write `==`"),
        ("stopped && ready", 9, "not a Python expression: invalid syntax; Python writes `and`"),
        ("stopped -> ready", 8,
         "not a Python expression: invalid syntax; write `not P or Q`"),
        ("(stopped", 0, "not a Python expression: '(' was never closed"),
        ("stopped) or (ready", 7, "not a Python expression: unmatched ')'"),
        ("stopped # or\n ready", 8, "a comment cannot stand in an expression"),
        ("stopped\x00", 7, "not a Python expression: a null character"),
    ],
)  # fmt: skip
def test_is_refused(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Situation().parse(text)
    assert caught.value.message.startswith(message)
    assert (caught.value.column, caught.value.exit_status) == (column, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count", "`count` is 4, not true or false"),
        ("level[0] and 3", "`level[0] and 3` is 3, not true or false"),
        ("count / 0 == 1", "`count / 0 == 1`: division by zero"),
        ("count % (count - 4) == 1",
         "`count % (count - 4) == 1`: division by zero"),
        ("level[count] == 1", "`level[count] == 1`: the index 4 is out of range, the size is 3"),
        ("queue[count] == 1", "`queue[count] == 1`: (1, 2)[4]: tuple index out of range"),
        ("stopped + 'x'", "`stopped + 'x'`: `+` cannot be applied to 'x'"),
        ("count * 'abc' == ''", "`count * 'abc' == ''`: `*` cannot be applied to 'abc'"),
        ("'%99999999d' % count == ''",
         "`'%99999999d' % count == ''`: `%` cannot be applied to '%99999999d'"),
        ("stopped & ready",
         "`stopped & ready`: `&` is for bits and sets; write `and`, `or`, `!=`"),
        ("message.kind < count",
         "`message.kind < count`: '<' not supported between instances of 'str' and 'int'"),
        ("min(x for x in level if x > 3) == 1",
         "`min(x for x in level if x > 3) == 1`: min() of no elements"),
        ("range(9999999999) == 1",
         "`range(9999999999) == 1`: range() cannot have the bound 9999999999"),
        ("not\n any(i < 0 for i in range(9999) for j in range(9999))",
         "`not any(i < 0 for i in range(9999) for j in range(9999))`: "
         "it looks at more than 200,000 elements"),
    ],
)  # fmt: skip
def test_has_no_value(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        Situation().value(text)
    assert caught.value.message == message


def test_an_error_inside_a_predicate_of_the_model_has_its_line() -> None:
    with pytest.raises(ModelError, match="ZeroDivisionError") as caught:
        Situation().value("broken or stopped")
    assert caught.value.place is not None
    assert caught.value.place.path == __file__.replace("test_expression", "scenery")


def test_processes_are_asked_where_they_are() -> None:
    situation = Situation(p=None, vm_1="cs")
    assert situation.value("p.done and not p.enabled") is True
    assert situation.value('sum(v.at("cs") for v in vm) == 1 and vm[1].at("cs")') is True


def test_labels_are_listed_with_process_and_column() -> None:
    expression = Situation().parse('p.at("a", "b") or any(v.at("c") for v in vm) or vm[0].at("d")')
    assert expression.labels == (("p", "a", 5), ("p", "b", 10), ("vm", "c", 27), ("vm", "d", 57))


@pytest.mark.parametrize(
    ("text", "premise", "answer"),
    [
        ("not stopped or ready", "stopped", False),
        ("not (count > 3 and ready) or stopped", "count > 3 and ready", True),
        ("not ready or not (count == 4) or small == 5", "ready and count == 4", True),
        ("not ready or not stopped", "ready", True),
        ("not count or stopped", "count", True),
    ],
)
def test_premise(text: str, premise: str, answer: bool) -> None:
    situation = Situation()
    found = situation.parse(text).premise()
    assert found is not None
    assert (found.text, situation.answer(found)) == (premise, answer)


@pytest.mark.parametrize("text", ["stopped or not ready", "not stopped", "not stopped and ready"])
def test_has_no_premise(text: str) -> None:
    assert Situation().parse(text).premise() is None


def test_an_index_may_be_out_of_range_where_a_parameter_rules_it_out() -> None:
    text = "engines < 2 or not engine[1].stop"
    assert Situation(Scenery(engines=1)).value(text) is True
    with pytest.raises(ExpressionError, match="'engine' has 1 element; "):
        Situation(Scenery(engines=1)).parse("stopped or not engine[1].stop")


def test_an_array_and_a_family_may_be_empty() -> None:
    text = 'not any(e.stop for e in engine) and all(v.at("cs") for v in vm)'
    assert Situation(Scenery(engines=0)).value(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "not " * 2400 + "stopped",
        "-" * 9000 + "1",
        "level" + "[0]" * 3000,
        "a+" * 4999 + "a",
        "stopped if " * 800,
        "x" * 100_000,
        "1" * 9000,
        "any(1 " + "for x in level " * 600 + ")",
        "any(x in " * 400 + "level" + ")" * 400,
        "(1 if stopped else " * 400 + "2" + ")" * 400,
    ],
)
def test_too_long_or_too_deep_is_an_error_at_once(text: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(ExpressionError):
        Situation().parse(text)
    assert time.perf_counter() - begin < 2


@pytest.mark.parametrize(
    "text",
    [
        "stopped in (" * 45 + "stopped," + ")" * 45,
        "(1 if stopped else " * 90 + "engines" + ")" * 90 + " == 1",
        " and ".join(["3 in range(1000000)"] * 400),
        # Pairs of pairs: nested so often, two of them take Python years to compare.
        "any(y == z for a in [(1, 1)]"
        + " for b in [(((a, a), (a, a)), ((a, a), (a, a)))]"
        + " for c in [(((b, b), (b, b)), ((b, b), (b, b)))]"
        + " for d in [(((c, c), (c, c)), ((c, c), (c, c)))]"
        + " for e in [(((d, d), (d, d)), ((d, d), (d, d)))]"
        + " for f in [(((e, e), (e, e)), ((e, e), (e, e)))]"
        + " for y in [(f, 1)] for z in [(f, 2)])",
        "any(i == 1.5 for i in range(1000000) if any(i == j + 0.5 for j in range(1000000)))",
        "sum(range(1000000)) == 1 or " * 50 + "stopped",
    ],
)
def test_nothing_takes_long(text: str) -> None:
    begin = time.perf_counter()
    with contextlib.suppress(ExpressionError, ModelError):
        Situation().value(text)
    assert time.perf_counter() - begin < 10


NAMES = "stopped count level engine vm p ready lock channel said Phase_ fix queue message self x v"
CALLED = "any all sum len min max range abs at done enabled stop owner items eval format"
KEYWORDS = "and or not in is if else for lambda None True False"
SIGNS = "( ) [ ] { } , . : = == != < <= > >= + - * / // % ** & | ~ ^ @ := # ; \\ _"
VALUES = "0 1 -1 2 99 'cs' 'first' \"yes\" '' f'{x}' b'' 1.5 1e999 __class__ __import__"
WORDS = [word for words in (NAMES, CALLED, KEYWORDS, SIGNS, VALUES) for word in words.split()]


def only_known_errors(text: str) -> None:
    problem: ExpressionError | ModelError | None = None
    try:
        Situation().value(text)
    except (ExpressionError, ModelError) as error:
        problem = error
    if isinstance(problem, ExpressionError):
        assert 0 <= problem.column <= len(text)
        assert problem.message
    elif problem is not None:
        assert problem.message.startswith("`")


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    only_known_errors(text)


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_words_are_an_expression_or_an_error(text: str) -> None:
    only_known_errors(text)


@given(st.text(string.printable, max_size=40))
def test_any_ascii_is_an_expression_or_an_error(text: str) -> None:
    only_known_errors(text)


ATOMS = st.sampled_from(
    ["stopped", "count", "level[0]", "engine[1].stop", "ready", "queue", "1", "'yes'", "None",
     "p.done", "level", "engine", "vm", "x", "said", "0.5", "True", "fix"]
)  # fmt: skip
SHAPES = [
    "({0} and {1})", "({0} or {1})", "(not {0})", "({0} == {1})", "({0} < {1})", "({0} in {1})",
    "({0} + {1})", "({0} % {1})", "({0} * {1})", "({0} if {1} else {0})", "({0}, {1})",
    "[{0}, {1}]", "{{{0}, {1}}}", "{0}[{1}]", "any({0} for x in {1})", "sum({0})", "max({0}, {1})",
    "len({0})", "all(x == {0} for x in {1})", "range({0}, {1})", "{0}.stop", "({0} & {1})",
]  # fmt: skip


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda shape, a, b: shape.format(a, b), st.sampled_from(SHAPES), parts, parts)


@given(st.recursive(ATOMS, grown, max_leaves=12))
def test_any_shape_is_an_expression_or_an_error(text: str) -> None:
    only_known_errors(text)
