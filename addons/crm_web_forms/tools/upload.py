"""Files of strangers: what they are is read from their content, never from what they are called. No database here."""

import base64
import binascii
import io
import re
import zipfile

from PIL import Image, UnidentifiedImageError

from odoo.addons.crm_core.tools.payload import clean_line

PDF = ("pdf", "application/pdf")
OFFICE = "application/vnd.openxmlformats-officedocument."
# What is inside a zip file -> what it is. Nothing that carries macros.
ZIPPED = {
    "word/document.xml": ("docx", OFFICE + "wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", OFFICE + "spreadsheetml.sheet"),
}
OPEN = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
# Those the host loads; WebP is told by its first bytes.
IMAGES = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png")}
DOCUMENT_TYPES = ("pdf", "docx", "xlsx", "odt", "ods")
IMAGE_TYPES = ("jpg", "png", "webp")
ACCEPT = {
    "documents": DOCUMENT_TYPES,
    "images": IMAGE_TYPES,
    "both": (*DOCUMENT_TYPES, *IMAGE_TYPES),
}
ENTRY_LIMIT = 5000
# Above it, a picture is a bomb: it is never decoded, only its header is looked at.
PIXEL_LIMIT = 100_000_000
# What browsers run, wherever in a file it begins.
ACTIVE = re.compile(rb"<\s*(script|html|svg|iframe|!doctype)", re.I)


def sniff(content):
    """Return (extension, MIME type) of what a file is, or None if it is nothing we take.

    >>> sniff(b"%PDF-1.7\\n%%EOF"), sniff(b"<html></html>"), sniff(b"MZ"), sniff(b"")
    (('pdf', 'application/pdf'), None, None, None)
    >>> sniff(b"GIF89a/*<script>alert(1)</script>*/")
    """
    if content.startswith(b"%PDF-"):
        # A page that browsers would run when they are told it is one.
        return None if ACTIVE.search(content[:1024]) else PDF
    if content.startswith(b"PK\x03\x04"):
        return _sniff_zip(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("webp", "image/webp")
    return _sniff_image(content)


def _sniff_zip(content):
    """Look at the list of what is inside; nothing is unpacked but the few bytes that say what it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if len(names) > ENTRY_LIMIT or any("vbaproject" in name.lower() for name in names):
                return None
            for inside, found in ZIPPED.items():
                if inside in names and "[Content_Types].xml" in names:
                    return found
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                kind = archive.read("mimetype").strip()
                return (OPEN[kind], kind.decode()) if kind in OPEN else None
    except (zipfile.BadZipFile, ValueError, KeyError, NotImplementedError, EOFError, OSError, RuntimeError):
        return None
    return None


def _sniff_image(content):
    try:
        with Image.open(io.BytesIO(content), formats=list(IMAGES)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                return None
            found = IMAGES[image.format]
            image.verify()
            return found
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def safe_name(name, extension):
    """Return a file name that says nothing but a name.

    >>> safe_name("../../etc/pass\\u202ewd.exe", "pdf"), safe_name("", "png"), safe_name("plan.PDF", "pdf")
    ('pass_wd.pdf', 'file.png', 'plan.pdf')
    """
    stem = re.split(r"[/\\\\]", clean_line(name, 200).replace(" ", "_"))[-1].rpartition(".")
    stem = re.sub(r"[^\w-]+", "", stem[0] or stem[2])[:80]
    return f"{stem or 'file'}.{extension}"


def decode(items):
    """Return [(name, content)] of what a JSON body says, or None if it is not what was agreed on.

    >>> decode([{"name": "a.txt", "data": "aGk="}]), decode([{"name": "a"}]), decode("x"), decode(None)
    ([('a.txt', b'hi')], None, None, [])
    """
    if items in (None, "", []):
        return []
    if not isinstance(items, list):
        return None
    try:
        return [(str(item["name"]), base64.b64decode(item["data"], validate=True)) for item in items]
    except (TypeError, KeyError, ValueError, binascii.Error):
        return None


def check(field, files, limit, most):
    """Return ([(name, MIME type, content)], code of what is wrong).

    :param field: a field of the published schema
    :param files: [(name, content)], or None
    :param limit: bytes all files of the submission may have
    :param most: how many files a field takes

    >>> check({"required": False, "accept": ["pdf"]}, [("a.exe", b"%PDF-1.7")], 100, 1)
    ([('a.pdf', 'application/pdf', b'%PDF-1.7')], None)
    >>> check({"required": True}, [], 100, 1)[1], check({"accept": ["png"]}, [("a.png", b"%PDF-1")], 100, 1)[1]
    ('required', 'file_type')
    """
    if files is None:
        return [], "file_type"
    files = [(name, content) for name, content in files if content]
    if not files:
        return [], "required" if field["required"] else None
    if len(files) > most:
        return [], "file_many"
    if sum(len(content) for _name, content in files) > limit:
        return [], "file_size"
    found = [(name, sniff(content), content) for name, content in files]
    if any(not kind or kind[0] not in field["accept"] for _name, kind, _content in found):
        return [], "file_type"
    return [(safe_name(name, kind[0]), kind[1], content) for name, kind, content in found], None
