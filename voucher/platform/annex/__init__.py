"""A tagged table of any length behind a PDF that was drawn otherwise: one file, one structure, nearly flat memory.

A typesetter lays out a front of some pages well and a table of ten thousand lines badly, because it holds every cell of
it at once. So the front comes drawn (``voucher.platform.pdf``), and the table behind it is written page by page:

    faces       typefaces: glyphs, widths, line breaks; at the end the subset that was used
    layout      a table's columns, cells and page breaks; knows no PDF
    drawing     the marks of one page
    structure   the tags of its rows and cells, for screen readers
    objects     the file itself: objects, their places, the identity of the bytes
    front       the drawn front, read and joined to what follows it
    table       all of it together: ``append_table``
"""
