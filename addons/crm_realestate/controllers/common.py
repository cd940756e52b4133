"""What the public pages share: nobody's rights, no cookie, own headers."""

from odoo.http import request
from odoo.tools import consteq

ROUTE = {
    "type": "http",
    "auth": "public",
    "csrf": False,
    "save_session": False,
    "multilang": False,
    "sitemap": False,
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


class PublicPage:
    """Base of the controllers of pages anybody with the address may open."""

    def _get_env(self):
        """Return an environment that is nobody's in particular: who is logged in here does not matter."""
        public = request.env.ref("base.public_user").id
        return request.env(user=public, su=True, context={"lang": self._choose_lang()})

    def _choose_lang(self):
        """Return the installed language the browser likes best."""
        installed = [code for code, _name in request.env["res.lang"].sudo().get_installed()]
        wanted = [request.httprequest.args.get("lang"), *(code for code, _q in request.httprequest.accept_languages)]
        for code in filter(None, wanted):
            exact = code.replace("-", "_")
            near = [one for one in installed if one == exact or one.split("_")[0] == exact.split("_")[0]]
            if near:
                return exact if exact in installed else near[0]
        return "en_US" if "en_US" in installed else installed[0]

    def _find(self, model, number, token):
        """Return the record whose token this is, or none; its number alone opens nothing."""
        record = self._get_env()[model].browse(number).exists()
        known = record and record.access_token
        return record if known and consteq(known, token) else record.browse()

    def _show(self, template, values, status=200, headers=None):
        """Return a page."""
        env = self._get_env()
        html = env["ir.qweb"]._render(template, {"lang": env.context["lang"], "env": env, **values})
        return request.make_response(
            "<!DOCTYPE html>\n" + str(html),
            headers=[("Content-Type", "text/html; charset=utf-8"), *(headers or PRIVATE).items()],
            status=status,
        )

    def _not_found(self):
        """Return the page of what is not there, for whatever reason."""
        return self._show("crm_realestate.public_not_found", {}, status=404)
