from odoo import http
from odoo.http import request

from .common import ROUTE, guarded
from .page import CrmWebFormPage


class CrmWebFormConfirm(CrmWebFormPage):
    """Where the button of the mail leads to."""

    @http.route("/crm/f/confirm/<string:number>", methods=["GET", "POST"], **ROUTE)
    @guarded
    def form_confirm(self, number):
        """Ask once more (GET), confirm (POST).

        Programs that look at mails open every address in them: opening it confirms nothing.

        :param number: the signed token of the mail
        :return: 200, 404
        """
        intake = self._get_env()["crm.intake"]._find_by_token(number)
        if not intake:
            env = self._get_visitor_env()
            text = env._("It works for a week. Please fill the form in once more.")
            return self._say(404, env._("This link does not work any more"), text)
        if request.httprequest.method == "POST":
            intake._confirm()
        form = intake.form_id
        lang = intake._get_lang()
        values = {
            "embedded": False,
            "confirmed": bool(intake.confirmed_on),
            "words": form.with_context(lang=lang)._get_confirm_words(),
            "action": f"/crm/f/confirm/{number}",
        }
        return self._render(form, lang, "crm_web_forms.form_confirm", values)
