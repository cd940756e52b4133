import gzip
import io
import shutil
import tempfile
from contextlib import contextmanager, nullcontext

import requests

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import str2bool

from odoo.addons.crm_core.tools import outside

from ..tools import feed_file

MAX_BYTES = 300 * 2**20  # as it reads, unpacked
MAX_PACKED = 60 * 2**20


class RealestateFeedImport(models.Model):
    """Where the file of a feed comes from, and how it is opened: never in memory as a whole."""

    _inherit = "realestate.feed.import"

    def _fetch(self):
        """Get the file from its address, if it has one.

        :raise UserError: nobody answers there, or not with a feed
        """
        self.ensure_one()
        if not self.url:
            return
        with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as packed:
            try:
                outside.download(self.url, plain, MAX_BYTES, allow_private=self._is_private_allowed())
            except (outside.Refused, requests.RequestException) as error:
                raise UserError(self._get_fetch_failure(error)) from error
            plain.seek(0)
            with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as target:
                shutil.copyfileobj(feed_file.unpack(plain, MAX_BYTES), target, 1 << 16)
            self._keep_file(packed)

    def _keep_file(self, packed):
        """Keep a packed file as the attachment of the field.

        :param packed: binary file
        :raise UserError: it is too large even so
        """
        if packed.tell() > MAX_PACKED:
            raise UserError(self._get_refusal("size: packed"))
        packed.seek(0)
        self._get_attachments().unlink()
        values = {"res_model": self._name, "res_id": self.id, "res_field": "file", "name": "feed.xml.gz"}
        # sudo: attachments of a field are written through their record only.
        self.env["ir.attachment"].sudo().create({**values, "raw": packed.read()})
        self.write({"filename": "feed.xml.gz", "position": 0})
        self.invalidate_recordset(["file"])

    def _get_attachments(self):
        # sudo: as above.
        return self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", "file")]
        )  # fmt: skip

    @contextmanager
    def _open_source(self):
        """Have the file open, unpacked as it is read.

        :raise UserError: there is none
        """
        attachment = self._get_attachments()[:1]
        if not attachment:
            raise UserError(self.env._("Choose the file of “%(feed)s” first.", feed=self.name))
        path = attachment.store_fname and attachment._full_path(attachment.store_fname)
        with open(path, "rb") if path else nullcontext(io.BytesIO(attachment.raw)) as file:
            yield feed_file.unpack(file, MAX_BYTES)

    @api.model
    def _is_private_allowed(self):
        """Tell whether feeds may come from one's own network."""
        value = self.env["ir.config_parameter"].sudo().get_param("crm_realestate.allow_private_feeds", "")
        return str2bool(value, False)

    def _get_fetch_failure(self, error):
        """Return the sentence that says why a feed did not arrive."""
        reason = getattr(error, "reason", None) if isinstance(error, outside.Refused) else None
        sentences = {
            "url": self.env._(
                "The address of “%(feed)s” must look like https://feeds.example.com/kyero.xml.", feed=self.name
            ),
            "private": self.env._(
                "The address of “%(feed)s” belongs to a private network. An administrator can allow that with the "
                "system parameter crm_realestate.allow_private_feeds.",
                feed=self.name,
            ),
            "size": self.env._("The file of “%(feed)s” is too large.", feed=self.name),
        }
        return sentences.get(reason) or self.env._(
            "“%(feed)s” did not answer with its file (%(reason)s). It is tried again tomorrow.",
            feed=self.name,
            reason=str(error) if reason else type(error).__name__,
        )
