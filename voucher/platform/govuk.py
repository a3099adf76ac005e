"""The GOV.UK Design System's components, drawn in an environment of their own.

Their templates lean on values that are not there, which ours must never do, so the two do not share an environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

_LIBRARIES = ("govuk_frontend_jinja", "govuk_frontend_wtf")
_FRAME = Environment(
    loader=PrefixLoader({name: PackageLoader(name) for name in _LIBRARIES}),
    undefined=ChainableUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def component(name: str, params: Mapping[str, Any]) -> Markup:
    """The component with that name, as the Design System spells it: ``component("button", {"text": "Send"})``."""
    words = name.split("-")
    macro = "govuk" + "".join(word.capitalize() for word in words)
    module = _FRAME.get_template(f"govuk_frontend_jinja/components/{name}/macro.html").module
    return Markup(getattr(module, macro)(params).strip())  # noqa: S704 # the library escapes what it is given


def widget(template: str, params: Mapping[str, Any]) -> Markup:
    """A form's field in the library's own template."""
    return Markup(_FRAME.get_template(template).render(params=params).strip())  # noqa: S704 # as above
