"""QR codes as SVG, sized for print."""

from __future__ import annotations

import base64
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4  # modules, as the QR standard asks; scanners fail without it


def qr_svg(text: str, *, size_mm: float) -> str:
    """The text as a QR code of level M whose code itself is ``size_mm`` wide.

    The quiet zone of four modules is part of the picture and comes on top of that size, so that no layout can crowd
    the code. Upper-case text makes a coarser code, which cameras read from further away. Raises
    qrcode.exceptions.DataOverflowError for text that no QR code can hold.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    whole = len(rows) + 2 * QUIET_ZONE
    width = f"{size_mm * whole / len(rows):.4f}mm"
    path = "".join(_row_path(y + QUIET_ZONE, row) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{width}" viewBox="0 0 {whole} {whole}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{whole}v{whole}h-{whole}z"/>'
        f'<path fill="#000" d="{path}"/></svg>'
    )


def data_uri(svg: str) -> str:
    """The picture as an address that an ``<img>`` can carry."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _row_path(y: int, row: list[bool]) -> str:
    """One rectangle for each run of dark modules, so that no hairlines show between neighbours."""
    parts, x = [], QUIET_ZONE
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            parts.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(parts)
