from odoo import http
from odoo.http import request

from .common import ROUTE, PublicPage


class PublicAlerts(PublicPage, http.Controller):
    """A client's own page: what fits, what they think of it, how often they want mails. Opened by its token."""

    @http.route(
        "/realestate/alerts/<int:number>/<string:token>", methods=["GET", "POST"], max_content_length=8192, **ROUTE
    )
    def alerts(self, number, token, step=None, match=None, frequency=None, **told):
        """Show the page (GET) or take what the client says (POST).

        :param step: ``interested``, ``dismiss``, ``frequency`` or ``stop``; a mail program's one-click stop says
            ``List-Unsubscribe=One-Click`` instead
        :return: 200, 303, 404
        """
        demand = self._find("realestate.demand", number, token)
        if not demand:
            return self._not_found()
        if request.httprequest.method == "POST":
            step = "stop" if told.get("List-Unsubscribe") else step
            chosen = int(match) if str(match or "").isdecimal() else None
            demand._change_by_client(step, chosen, frequency)
            return request.redirect(f"/realestate/alerts/{demand.id}/{token}?done={step}", code=303)
        shown = demand._find_shown_matches()
        values = {"demand": demand, "matches": shown, "asks_stop": step == "stop", "done": told.get("done")}
        return self._show("crm_realestate.public_alerts_page", values)
