"""A text that comes to a page as a value is translated by a filter: ``_()`` takes what it is given for HTML."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, render_template_string
from jinja2 import Environment, nodes

from voucher.platform.catalogue import CHECKOUT
from voucher.platform.languages import prepare
from voucher.platform.web import translated

# Those of the app's own environment; messages are plain text, and papers have a translator of their own.
PAGES = [path for path in sorted((CHECKOUT / "templates").glob("**/*.html")) if "_pdf" not in str(path)]


def values_for_html(source: str) -> list[int]:
    """The lines on which a value is given to ``_()``; a sentence with values of its own is one of ours."""
    calls = Environment(autoescape=True).parse(source).find_all(nodes.Call)
    ours = [call for call in calls if isinstance(call.node, nodes.Name) and call.node.name == "_"]
    values = (call for call in ours if not isinstance(call.args[0], nodes.Const))
    return [call.lineno for call in values if call.dyn_kwargs is None and not call.kwargs]


def test_no_page_gives_a_value_to_what_takes_it_for_html() -> None:
    found = {str(path.relative_to(CHECKOUT)): values_for_html(path.read_text()) for path in PAGES}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_control_a_value_is_noticed() -> None:
    assert values_for_html('<p>{{ _("Waits for: %(whom)s", whom=whom) }}</p>\n<p>{{ _(why) }}</p>') == [2]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    made = Flask(__name__)
    prepare(made, tmp_path, https=False)
    made.jinja_env.filters["translated"] = translated
    return made


def test_the_filter_leaves_a_value_to_be_escaped_and_control_the_call_does_not(app: Flask) -> None:
    with app.test_request_context():
        written = "<b>The claim is on hold</b>"
        assert render_template_string("{{ why | translated }}", why=written) == (
            "&lt;b&gt;The claim is on hold&lt;/b&gt;"
        )
        assert render_template_string("{{ _(why) }}", why=written) == written
