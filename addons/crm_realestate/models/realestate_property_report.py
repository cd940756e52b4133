from statistics import median

from odoo import fields, models
from odoo.fields import Domain

# A home this much larger or smaller is no comparison.
AREA_BAND = 0.3
MOST = 12


class RealestateProperty(models.Model):
    """What prints and the owner's page tell: how much happens, and what comparable homes cost."""

    _inherit = "realestate.property"

    def _prepare_owner_report(self):
        """Return what an owner may know of what we did, without anybody's name.

        :return: dict of ``visits`` (done and planned, newest first), ``visit_count``, ``interested``, ``looking``
            (demands it fits), ``offers`` (count), ``objections`` ([(name, count)] most frequent first), ``prices``
            (changes), ``days``
        """
        self.ensure_one()
        # sudo: the figures are the owner's to know, whoever opens the page or prints it.
        prop = self.sudo()
        visits = prop.visit_ids.filtered(lambda visit: visit.state in ("planned", "confirmed", "done", "no_show"))
        done = visits.filtered(lambda visit: visit.state == "done")
        objections = {}
        for objection in (one for visit in done for one in visit.objection_ids):
            objections[objection.name] = objections.get(objection.name, 0) + 1
        return {
            "visits": visits,
            "visit_count": len(done),
            "interested": len(done.filtered(lambda visit: visit.interest == "yes")),
            "looking": prop.match_count,
            "offers": len(prop.offer_ids.filtered(lambda offer: offer.made_by == "client" and offer.state != "draft")),
            "objections": sorted(objections.items(), key=lambda pair: (-pair[1], pair[0])),
            "prices": prop.price_history_ids,
            "days": prop.days_on_market,
        }

    def _get_comparables(self):
        """Return homes like this one, ours and those of others we noted, with their price by square metre.

        Same operation, type and zone, an area within 30 %; each as dict of ``name``, ``price``, ``area``, ``per_m2``,
        ``source``.
        """
        self.ensure_one()
        operation = "rent" if self.operation == "rent" else "sale"
        price = "price_rent" if operation == "rent" else "price_sale"
        domain = Domain("type_id", "=", self.type_id.id) & Domain("zone_id", "=", self.zone_id.id)
        domain &= Domain("area_built", ">", 0)
        if self.area_built:
            domain &= Domain("area_built", ">=", self.area_built * (1 - AREA_BAND))
            domain &= Domain("area_built", "<=", self.area_built * (1 + AREA_BAND))
        domain &= Domain("company_id", "=", self.company_id.id) & Domain("currency_id", "=", self.currency_id.id)
        ours = self.search(
            domain & Domain("id", "!=", self.id) & Domain("operation", "in", (operation, "both"))
            & Domain(price, ">", 0) & Domain("state", "in", ("active", "closed_sold", "closed_rented")),
            limit=MOST,
        )  # fmt: skip
        others = self.env["realestate.comparable"].search(domain & Domain("operation", "=", operation), limit=MOST)
        rows = [(prop.name, prop[price], prop.area_built, self.env._("Ours")) for prop in ours]
        rows += [(one.name, one.price, one.area_built, one.source or self.env._("Others")) for one in others]
        return [
            {"name": name, "price": amount, "area": area, "per_m2": amount / area, "source": source}
            for name, amount, area, source in rows
        ]

    def _prepare_price_study(self):
        """Return what homes like this one cost.

        :return: dict of ``rows`` (:meth:`_get_comparables`), ``low``, ``median``, ``high`` (by square metre) and
            ``suggested`` (median by our area), all 0 when nothing compares
        """
        rows = self._get_comparables()
        per_m2 = sorted(row["per_m2"] for row in rows)
        middle = median(per_m2) if per_m2 else 0
        return {
            "rows": sorted(rows, key=lambda row: row["per_m2"]),
            "low": per_m2[0] if per_m2 else 0,
            "median": middle,
            "high": per_m2[-1] if per_m2 else 0,
            "suggested": self.currency_id.round(middle * self.area_built),
            "date": fields.Date.context_today(self),
        }

    def action_propose_price(self):
        """Take the median of comparable homes over as our valuation."""
        for prop in self:
            prop.valuation_price = prop._prepare_price_study()["suggested"] or prop.valuation_price
