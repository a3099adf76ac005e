"""What WeasyPrint 70 leaves to do on a PDF/A-3a file, so that it is PDF/UA-1 as well and holds to both."""

from __future__ import annotations

from typing import Any

from voucher.platform.pdf_tags import finish_tags

# PDF/A takes no property that it does not know unless the file describes it.
_ACCESSIBLE = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>The part of ISO 14289 that the file is built to</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


def finish_archive(document: Any, pdf: Any) -> None:
    """Called by WeasyPrint before it writes the file; mends the tags, too.

    It says that the file is PDF/UA-1; the description of the file, which WeasyPrint compresses, must be readable
    without knowing PDF; and each attached file is named once where WeasyPrint names it twice.
    """
    finish_tags(document, pdf)
    description = next(item for item in pdf.objects if item.reference == pdf.catalog["Metadata"])
    whole = b"".join(description.stream)
    description.stream[:] = [whole.replace(b"</rdf:RDF>", _ACCESSIBLE + b"</rdf:RDF>")]
    description.compress = False
    attached = pdf.catalog.get("AF")
    if attached:
        attached[:] = dict.fromkeys(attached)
