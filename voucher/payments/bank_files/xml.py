"""XML that cannot harm: no document type, no entities, nothing fetched; and names without their namespaces."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from voucher.payments.bank_files.reading import BankFile
from voucher.platform.i18n import gettext_noop as _


def read_xml(data: bytes, file: BankFile) -> Element | None:
    """The root of a document; None, with the fault and its place, for one that is no whole and plain XML."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        words = _("The file declares a document type or entities, as no bank's statement does. It is not read.")
        file.fault(1, "", words)
        return None
    except ParseError as error:
        row, column = error.position
        words = _("The XML breaks off or is damaged here. Get the whole file from the bank again.")
        file.fault(row, str(column + 1), words)
        return None
    except (LookupError, ValueError):
        file.fault(1, "", _("The file's encoding is not known. Get the file from the bank again, in UTF-8."))
        return None
    return root


def name_of(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace_of(element: Element) -> str:
    """The element's namespace; empty when it has none."""
    found = re.match(r"\{([^}]*)\}", str(element.tag))
    return found[1] if found else ""


def all_at(element: Element, path: str) -> list[Element]:
    """The elements at a path of names, whatever their namespaces."""
    found = [element]
    for name in path.split("/"):
        found = [child for each in found for child in each if name_of(child) == name]
    return found


def text_at(element: Element, *paths: str) -> str:
    """The text at the first of these paths that has one."""
    for path in paths:
        for found in all_at(element, path):
            if found.text and found.text.strip():
                return found.text.strip()
    return ""
