"""The addresses that belong to no domain: whether the app is up and ready, and its typefaces."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache

from flask import Blueprint, jsonify, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_talisman import Talisman
from sqlalchemy.exc import SQLAlchemyError

from config import ROOT, Config
from voucher.platform import lists, schema
from voucher.platform.pdf import fonts_folder
from voucher.platform.scanning import Scanner
from voucher.platform.web import View, desk, public

blueprint = Blueprint("platform", __name__)

ASSETS = ROOT / "build" / "assets"

# Whatever asks whether the app is up is on the same machine or network, and asks without https.
over_http_too: Callable[[View], View] = Talisman()(force_https=False)


@blueprint.get("/healthz")
@over_http_too
@public("says only that the process answers")
def healthz() -> ResponseReturnValue:
    return jsonify(up=True)


@blueprint.get("/readyz")
@over_http_too
@public("says only whether the app can work, and which of its parts cannot")
def readyz() -> ResponseReturnValue:
    missing = not_ready(desk().config)
    return jsonify(ready=not missing, not_ready=missing), 503 if missing else 200


@blueprint.get("/fonts/<name>")
@public("typefaces hold nothing private")
def fonts(name: str) -> ResponseReturnValue:
    return send_from_directory(fonts_folder(), name, max_age=86_400)


@blueprint.get("/assets/<name>")
@public("styles and scripts hold nothing private")
def assets(name: str) -> ResponseReturnValue:
    return send_from_directory(ASSETS, name, max_age=31_536_000 if "v" in request.args else 86_400)


@cache
def _version(name: str) -> str:
    return hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]


@blueprint.app_template_global("asset")
def asset(name: str) -> str:
    """The address of a built file, which changes with the file, so that browsers may keep it for long."""
    return url_for("platform.assets", name=name, v=_version(name))


blueprint.add_app_template_global(lists.query_with)
blueprint.add_app_template_global(lists.most_rows)


def not_ready(config: Config) -> list[str]:
    """What keeps this installation from working, in words; empty when nothing does."""
    found = []
    try:
        if schema.current(config.database_url) != schema.head():
            found.append("the database's migrations are not those of this version")
    except SQLAlchemyError:
        found.append("the database does not answer")
    try:
        with tempfile.TemporaryFile(dir=config.data) as file:
            file.write(b"written to see whether the folder can be written to")
            file.flush()
    except OSError:
        found.append("the data folder cannot be written to")
    if not Scanner(config.scan_command, config.data).answers():
        found.append("the malware scanner does not answer, so no file can be taken in")
    return found
