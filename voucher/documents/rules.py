"""Pure: the type of a file by its content, whatever its name says."""

from __future__ import annotations

SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def text_type(data: bytes) -> str | None:
    """The media type of a data file, CSV, XML or other text in UTF-8 or Windows-1252; None for anything else."""
    if b"\0" in data:
        return None
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "text/plain"
    return None


def is_workbook(data: bytes) -> bool:
    """Whether the bytes look like a spreadsheet of the XLSX kind; what is in it is for its reader to refuse."""
    return data.startswith(b"PK\x03\x04") and b"xl/workbook.xml" in data


def sniff(data: bytes) -> str | None:
    """The media type of a PDF, PNG, JPEG or WebP file; None for anything else."""
    for start, media_type in SIGNATURES:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
