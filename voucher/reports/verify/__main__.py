"""The check as a process of its own, so that a file made to break a reader of PDFs breaks nothing but this.

Standard input is one line of JSON (the published keys, or null) and then the file. Standard output is JSON: the report,
or why the file is no statement. What a page lets a stranger use of the machine is limited here.
"""

from __future__ import annotations

import json
import resource
import sys

from voucher.reports.verify.check import check_statement
from voucher.reports.verify.findings import NotAStatement, packed
from voucher.reports.verify.published import read_published

CPU_SECONDS = 40
MEMORY_BYTES = 1536 * 1024 * 1024


def main() -> None:
    """Checks one file and ends."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # Nothing of the file is written anywhere.
    keys = sys.stdin.buffer.readline()
    published = None if keys.strip() == b"null" else read_published(keys)
    try:
        found = {"report": packed(check_statement(sys.stdin.buffer.read(), published))}
    except NotAStatement as why:
        found = {"refused": {"words": why.sentence.words, "values": dict(why.sentence.values)}}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
