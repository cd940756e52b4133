import re

from odoo import api, models
from odoo.fields import Command
from odoo.tools import html2plaintext

from ..tools import kyero

# The language that all others fall back to, in the host
FALLBACK = "en_US"
# Texts are plain in the format; some write them for a browser.
MARKUP = re.compile(r"</?(p|br|div|span|ul|ol|li|b|strong|i|em|h[1-6])\b", re.IGNORECASE)


class RealestateFeedImport(models.Model):
    """What a feed tells in words."""

    _inherit = "realestate.feed.import"

    def _take_texts(self, told):
        """Give properties without a description the one of the feed, in every language; what is here may be better.

        A new one gets its title in the other languages as well.

        :param told: list of (property, what the feed tells)
        """
        for prop, values in told:
            texts = {} if prop.description else self._get_texts(values)
            is_new = texts and prop.name == texts[FALLBACK]["name"]
            for code, vals in texts.items():
                kept = vals if is_new else {"description": vals["description"]}
                prop.with_context(lang=code, tracking_disable=True).write(kept)

    @api.model
    def _prepare_features(self, values, lookups):
        """Return the features of a property that has none, of those we know by name."""
        names = {name.lower() for name in values.get("features", ())} & lookups["features"].keys()
        return {"feature_ids": [Command.set([lookups["features"][name] for name in sorted(names)])]} if names else {}

    @api.model
    def _get_texts(self, values):
        """Return {language code: title and description} for the languages installed.

        Where none is in the language that all others fall back to, any stands there: better seen than lost.
        """
        told = {short: self._prepare_text(text) for short, text in values.get("desc", {}).items()}
        codes = {code: code.partition("_")[0] for code, _name in self.env["res.lang"].get_installed()}
        texts = {code: told[short] for code, short in codes.items() if short in told}
        return {FALLBACK: told.get("en") or next(iter(told.values())), **texts} if told else {}

    @api.model
    def _prepare_text(self, text):
        """Return the title and the description of a property in one language."""
        title, rest = kyero.split_title(html2plaintext(text) if MARKUP.search(text) else text)
        return {"name": title, "description": rest}

    def _get_title(self, values):
        """Return the title of a text, else type and town."""
        texts = self._get_texts(values)
        if texts:
            return texts[FALLBACK]["name"]
        kind = values.get("type") or self.env._("Property")
        return " ".join(filter(None, [kind.capitalize(), values.get("town")]))
