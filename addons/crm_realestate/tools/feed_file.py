"""Feeds as files: packed or plain, and never more of them than we want. No database here."""

import gzip

from .kyero import FeedError

PACKED = b"\x1f\x8b"


class Limited:
    """A file that refuses to be read further than so many bytes, however small it was when packed.

    >>> import io
    >>> Limited(io.BytesIO(b"abcdef"), 6).read()
    b'abcdef'
    >>> Limited(io.BytesIO(b"abcdef"), 5).read()
    Traceback (most recent call last):
    ...
    odoo.addons.crm_realestate.tools.kyero.FeedError: size: more than 5 bytes
    """

    def __init__(self, file, limit):
        self.file, self.limit, self.left = file, limit, limit

    def read(self, size=-1):  # pylint: disable=method-required-super
        """Return the next bytes.

        :raise FeedError: it was too much, or what is packed is broken
        """
        try:
            data = self.file.read(size if size >= 0 else self.left + 1)
        except (OSError, EOFError, ValueError) as error:
            raise FeedError(f"syntax: {error}") from error
        self.left -= len(data)
        if self.left < 0:
            raise FeedError(f"size: more than {self.limit} bytes")
        return data

    def seek(self, position):
        """Begin again.

        :param position: 0
        """
        self.left = self.limit
        return self.file.seek(position)


def unpack(file, limit):
    """Return a feed as it reads, whether it is packed (gzip) or not.

    :param file: seekable binary file
    :param limit: bytes, unpacked

    >>> import io
    >>> unpack(io.BytesIO(gzip.compress(b"<root/>")), 100).read(), unpack(io.BytesIO(b"<root/>"), 100).read()
    (b'<root/>', b'<root/>')
    """
    packed = file.read(len(PACKED)) == PACKED
    file.seek(0)
    return Limited(gzip.GzipFile(fileobj=file) if packed else file, limit)
