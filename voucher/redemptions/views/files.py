"""A claim's file as it was handed in, the same for whoever may read the claim."""

from __future__ import annotations

from flask import Response, make_response

from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.errors import NotFound
from voucher.platform.files import FileMissing
from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.models import Redemption

# What browsers show by themselves without running anything of it; all else is downloaded.
SHOWN = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
DOWNLOADED = {"image/webp": "webp"}


def answer_with(act: Act, claim: Redemption, document: Document) -> Response:
    """The file under the type that its bytes have, whatever its name says; put ``gives_a_file`` on the view."""
    try:
        data = act.files.get(document.sha256)
    except FileMissing:
        raise NotFound(
            "file_missing", _("The stored file is gone or was changed. Tell a system administrator at once.")
        ) from None
    answer = make_response(data)
    answer.mimetype = document.media_type if document.media_type in SHOWN | DOWNLOADED else "application/octet-stream"
    ending = (SHOWN | DOWNLOADED).get(document.media_type, "bin")
    answer.headers.set(
        "Content-Disposition",
        "inline" if document.media_type in SHOWN else "attachment",
        filename=f"{claim.reference}-{document.sha256[:8]}.{ending}",
    )
    return answer
