"""Whether an XML file keeps to a schema. Only this file knows lxml; it fetches nothing and expands nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

_MOST_FAULTS = 5


class XmlRefused(ValueError):
    """An XML file that cannot be read or breaks its schema; the message names the lines."""


def check(content: bytes, schema: Path) -> None:
    """Raises XmlRefused unless the file is well-formed and valid by the schema."""
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as wrong:
        raise XmlRefused(said("The file is no XML: %(wrong)s", wrong=wrong)) from wrong
    if root.getroottree().docinfo.doctype:
        raise XmlRefused(_("The file declares a document type, which no payment file needs."))
    rules = _schema(schema)
    if not rules.validate(root):
        faults = [
            said("line %(line)s: %(message)s", line=each.line, message=each.message)
            for each in list(rules.error_log)[:_MOST_FAULTS]
        ]
        raise XmlRefused(" ".join(faults))


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path), _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
