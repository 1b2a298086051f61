"""What a notebook shows: well-formed, escaped, and all of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

from tests import sample_traces
from utcheck import Model, check, param, process
from utcheck.outcome import Outcome, Trace
from utcheck.render.chart import chart
from utcheck.render.notebook import WIDTH, trace_html, trace_svg


class Text(HTMLParser):
    """Collects the text and the names of the elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Text:
    parser = Text()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


class Race(Model):
    """A model with a name that is no name for HTML."""

    label: str = param("<script>alert('&amp;')</script>")
    n: int = 0

    @process
    def p(self) -> Any:
        yield self.label
        self.n += 1


def outcome() -> Outcome:
    return check(Race(), {"<b>few</b>": {"never": "n > 0"}, "many": {"reachable": "n > 0"}})


def test_a_trace_is_its_chart() -> None:
    for make in (sample_traces.early_resume, sample_traces.lasso, sample_traces.nasty_names):
        trace: Trace = make()
        expected = chart(trace, width=WIDTH, unicode=True)
        found = read(trace_html(trace))
        assert (found.text, found.seen) == (expected, {"pre"})
        picture = ET.fromstring(trace_svg(trace))  # noqa: S314  (ours)
        texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
        assert texts == [line for line in expected.split("\n") if line]


def test_what_check_returns_knows_how_it_is_shown() -> None:
    found = outcome()
    trace = found["<b>few</b>"].trace
    assert trace is not None
    html: Any = trace._repr_html_()
    svg: Any = trace._repr_svg_()
    assert "<script>alert('&amp;')</script>" in read(html).text
    assert "script" not in read(html).seen
    assert svg.startswith("<svg")
    page: Any = found._repr_html_()
    shown = read(page)
    assert shown.seen == {"table", "tr", "th", "td", "p", "details", "summary", "pre"}
    assert "<b>few</b>" in shown.text
    assert "violated" in shown.text
    assert "2 states, 1 transition, every reachable state was explored" in shown.text


def test_a_trace_of_one_s_own_is_shown_as_text() -> None:
    assert sample_traces.early_resume()._repr_html_() is None
    assert sample_traces.early_resume()._repr_svg_() is None
