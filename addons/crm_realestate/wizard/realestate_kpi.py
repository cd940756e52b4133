import base64
import io
from datetime import timedelta

import xlsxwriter

from odoo import api, fields, models
from odoo.fields import Domain

SOLD = ("closed_sold", "closed_rented")


class RealestateKpi(models.TransientModel):
    """The figures of the agency over a time, as a workbook: stock, funnel, prices, agents."""

    _name = "realestate.kpi"
    _description = "Figures of the Agency"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    period = fields.Selection(
        [("days", "Last 90 days"), ("month", "Last month"), ("year", "This year"), ("own", "Other dates")],
        "Of",
        required=True,
        default="days",
    )
    date_from = fields.Date(
        "From", required=True, compute="_compute_dates", store=True, readonly=False, precompute=True
    )
    date_to = fields.Date("To", required=True, compute="_compute_dates", store=True, readonly=False, precompute=True)
    file = fields.Binary(readonly=True)
    filename = fields.Char(readonly=True)

    _range = models.Constraint("CHECK (date_to >= date_from)", "The time must end after it begins.")

    @api.depends("period")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        last = fields.Date.start_of(today, "month") - timedelta(days=1)
        bounds = {
            "days": (today - timedelta(days=90), today),
            "month": (fields.Date.start_of(last, "month"), last),
            "year": (fields.Date.start_of(today, "year"), today),
        }
        for kpi in self:
            default = bounds.get(kpi.period) or bounds["days"]
            keep = kpi.period == "own" and kpi.date_from and kpi.date_to
            kpi.date_from, kpi.date_to = (kpi.date_from, kpi.date_to) if keep else default

    def action_export(self):
        """Make the workbook.

        :return: the action that downloads it
        """
        self.ensure_one()
        output = io.BytesIO()
        workbook = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False})
        formats = {
            "heading": workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            int: workbook.add_format({"num_format": "#,##0"}),
            float: workbook.add_format({"num_format": "#,##0.0"}),
        }
        for title, rows in self._get_sheets():
            self._write_sheet(workbook.add_worksheet(title[:31]), rows, formats)
        workbook.close()
        self.file = base64.b64encode(output.getvalue())
        self.filename = f"real_estate_{self.date_from}_{self.date_to}.xlsx"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{self.filename}?download=true",
            "target": "self",
        }

    def _write_sheet(self, sheet, rows, formats):
        """Write rows below a heading that stays in sight.

        :param formats: {``heading`` or a type of Python: format of the workbook}
        """
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 12, 16)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(line, column, value, formats.get("heading" if line == 0 else type(value)))

    def _get_sheets(self):
        """Return the sheets as (title, rows), the first row of each its heading; a hook."""
        return [
            (self.env._("Stock"), self._get_stock_rows()),
            (self.env._("Deals"), self._get_deal_rows()),
            (self.env._("Agents"), self._get_agent_rows()),
        ]

    def _get_company_domain(self, *more):
        return Domain("company_id", "=", self.company_id.id) & Domain.AND(more)

    def _get_time_domain(self, field):
        """Return the domain of a date field within the time."""
        after = self.date_to + timedelta(days=1)
        return Domain(field, ">=", self.date_from) & Domain(field, "<", after)

    def _get_stock_rows(self):
        """Return the stock by availability, with time on the market and mandates."""
        properties = self.env["realestate.property"].search(
            self._get_company_domain(Domain("state", "not in", ("withdrawn", *SOLD)))
        )
        labels = dict(properties._fields["availability"]._description_selection(self.env))
        rows = [[self.env._("Availability"), self.env._("Properties"), self.env._("Days on the market")]]
        for availability, group in properties.grouped("availability").items():
            days = group.filtered("date_listed").mapped("days_on_market")
            rows.append([labels[availability], len(group), round(sum(days) / len(days), 1) if days else 0])
        exclusive = properties._get_current_mandates().filtered(lambda one: one.kind != "non_exclusive").property_id
        share = self._get_percent(len(exclusive), len(properties))
        rows += [
            [],
            [self.env._("With an exclusive mandate"), len(exclusive)],
            [self.env._("With an exclusive mandate (%)"), share],
            *self._get_closed_rows(),
        ]
        cuts = self._get_time_domain("date") & Domain("property_id", "in", properties.ids) & Domain("old_price", ">", 0)
        return [*rows, [self.env._("Price changes"), self.env["realestate.price.history"].search_count(cuts)]]

    def _get_closed_rows(self):
        """Return how many left the market sold or let in the time, and how long that took."""
        closed = self.env["realestate.property"].search(
            self._get_company_domain(Domain("state", "in", SOLD), self._get_time_domain("date_closed"))
        )
        days = closed.filtered("date_listed").mapped("days_on_market")
        return [
            [self.env._("Sold or let"), len(closed)],
            [self.env._("Days on the market until then"), round(sum(days) / len(days), 1) if days else 0],
        ]

    @api.model
    def _get_percent(self, part, whole):
        return round(100 * part / whole, 1) if whole else 0

    def _get_deal_rows(self):
        """Return the way from visit to deal, and what was asked and agreed."""
        visits = self.env["realestate.visit"].search_count(
            self._get_company_domain(Domain("state", "=", "done"), self._get_time_domain("start"))
        )
        offers = self.env["realestate.offer"].search(
            self._get_company_domain(self._get_time_domain("create_date"), Domain("made_by", "=", "client"))
        )
        bookings = self.env["realestate.booking"].search(self._get_company_domain(self._get_time_domain("date_hold")))
        deals = bookings.filtered(lambda one: one.state in ("contracted", "done"))
        expired = bookings.filtered(lambda one: one.state == "expired")
        ratios = [100 * one.price_agreed / one._get_asking_price() for one in deals if one._get_asking_price()]
        return [
            [self.env._("Figure"), self.env._("Value")],
            [self.env._("Visits"), visits],
            [self.env._("Offers"), len(offers)],
            [self.env._("Bookings"), len(bookings)],
            [self.env._("Contracts"), len(deals)],
            [self.env._("Visits for a contract"), round(visits / len(deals), 1) if deals else 0],
            [self.env._("Offers of 100 visits"), self._get_percent(len(offers), visits)],
            [self.env._("Contracts of 100 bookings"), self._get_percent(len(deals), len(bookings))],
            [self.env._("Holds that expired (%)"), self._get_percent(len(expired), len(bookings))],
            [self.env._("Agreed of what was asked (%)"), round(sum(ratios) / len(ratios), 1) if ratios else 0],
        ]

    def _get_agent_rows(self):
        """Return what each agent did, with one query for each figure."""
        figures = [
            ("realestate.visit", "start", Domain("state", "=", "done"), "__count"),
            ("realestate.offer", "create_date", Domain("state", "!=", "draft"), "__count"),
            ("realestate.booking", "date_hold", Domain("state", "in", ("confirmed", "contracted", "done")), "__count"),
            ("realestate.booking", "date_hold", Domain("state", "in", ("contracted", "done")), "fee_amount:sum"),
        ]
        found = {}
        for column, (model, field, domain, aggregate) in enumerate(figures):
            where = self._get_company_domain(domain, self._get_time_domain(field))
            for user, value in self.env[model]._read_group(where, ["user_id"], [aggregate]):
                found.setdefault(user, [0] * len(figures))[column] = value
        head = [
            self.env._("Agent"),
            self.env._("Visits"),
            self.env._("Offers"),
            self.env._("Booked"),
            self.env._("Fees of contracts (%(currency)s)", currency=self.company_id.currency_id.name),
        ]
        ranked = sorted(found.items(), key=lambda item: item[1], reverse=True)
        return [head, *([user.name, *values] for user, values in ranked)]
