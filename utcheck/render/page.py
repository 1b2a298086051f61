"""A trace as one HTML file in which a reader walks through the run, step by step.

The file needs no network and works from `file://`. Its data is JSON that no script wrote into the
page; the script puts texts of a model into it as text alone. A policy in the page (Content Security
Policy, level 3) lets nothing run but that script, which it names by its hash, and loads nothing.
Where scripts are off, the same run stands there as plain text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape as markup
from importlib import resources
from string import Template

from utcheck.render.chart import chart
from utcheck.render.page_data import embedded, page_data
from utcheck.render.page_facts import Case, header, reproduction, title, traced
from utcheck.render.page_svg import safe_svg

_STYLES = ("page.css", "page_chart.css", "page_state.css", "page_layout.css")
_SCRIPTS = (
    "page_run.js",
    "page_words.js",
    "page_chart.js",
    "page_state.js",
    "page_graph.js",
    "page_walk.js",
)
_GRAPH = """\
<section id="graph" aria-labelledby="graph-title">
<h2 id="graph-title">States</h2>
<div class="buttons">
<button type="button" id="smaller">smaller</button>
<button type="button" id="larger">larger</button>
<button type="button" id="fit">fit</button>
</div>
<div class="pan" tabindex="0" role="region" aria-labelledby="graph-title">
{picture}
</div>
</section>"""


def page(
    report: Case,
    name: str,
    *,
    state_graph_svg: str | None = None,
    sources: Mapping[str, Sequence[str]] = {},
    version: str = "",
) -> str:
    """Return the trace of the property `name` as a page of HTML; the same input, the same page.

    `sources` maps the path of a file, as the places of the trace have it, to its lines. The nodes
    of `state_graph_svg` whose class is `at-K` are the state after K steps (a node may have several
    such classes), and are clicked to go there. `version` is that of utcheck, to be named in the
    page.

    Raises UsageError where there is no such property, or it has no trace.
    """
    result, trace = traced(report, name)
    style, script = _joined(_STYLES), _joined(_SCRIPTS)
    picture = safe_svg(state_graph_svg) if state_graph_svg else ""
    return Template(_asset("page.html")).substitute(
        policy=_policy(style, script),
        title=title(report, result, trace),
        style=style,
        header=header(report, result, trace),
        graph=_GRAPH.format(picture=picture) if picture else "",
        again=reproduction(report, name, version),
        plain=markup(chart(trace)),
        data=embedded(page_data(trace, sources)),
        script=script,
    )


def _joined(names: Sequence[str]) -> str:
    return "\n" + "\n".join(map(_asset, names))


def _asset(name: str) -> str:
    return resources.files("utcheck.render").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, an empty icon, and nothing else."""
    rules = [
        "default-src 'none'",
        f"script-src {_hash(script)}",
        f"style-src {_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(rules)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
