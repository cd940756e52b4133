from itertools import pairwise

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import hmac

FUNNEL = ("views", "starts", "submissions", "valid", "leads", "won")
BAR = (
    "<tr><th class='fw-normal text-nowrap pe-3'>%(label)s</th><td class='text-end fw-bold pe-3'>%(number)s</td>"
    "<td class='w-100'><div class='bg-primary rounded' style='height:1rem;min-width:2px;width:%(width)s%%'></div></td>"
    "<td class='text-end text-nowrap text-muted ps-3'>%(share)s</td></tr>"
)


class CrmWebForm(models.Model):
    """What came of a form, and two versions side by side."""

    _inherit = "crm.web.form"

    funnel_html = fields.Html("From a look to a sale", compute="_compute_funnel_html", sanitize=False)
    compare_version_id = fields.Many2one(
        "crm.web.form.version",
        "Compare with",
        copy=False,
        domain="[('form_id', '=', id), ('id', '!=', version_id)]",
        help="Some visitors see this version: the results of both are told apart.",
    )
    compare_share = fields.Integer("Shown to", default=50, help="How many visitors of a hundred.")

    def _compute_funnel_html(self):
        totals = self._get_funnels()
        for form in self:
            found = totals.get(form.id) or dict.fromkeys(FUNNEL, 0)
            bars = (Markup(BAR) % self._prepare_bar(name, found, before) for before, name in pairwise((None, *FUNNEL)))
            form.funnel_html = Markup("<table class='table table-borderless table-sm mb-0'>%s</table>") % Markup().join(
                bars
            )

    def _prepare_bar(self, name, found, before):
        """Return what a line of the funnel says: how many, and how many of a hundred of those before."""
        number, of = found[name] or 0, found.get(before) or 0
        return {
            "label": self.env["crm.web.form.report"]._fields[name]._description_string(self.env),
            "number": number,
            "width": round(100 * number / max(*found.values(), 1)),
            "share": f"{min(number / of, 1):.0%}" if of else "",
        }

    def _get_funnels(self):
        """Return {form id: {measure: number}} of all time."""
        groups = self.env["crm.web.form.report"]._read_group(
            [("form_id", "in", self.ids)], ["form_id"], [f"{name}:sum" for name in FUNNEL]
        )
        return {
            form.id: {name: number or 0 for name, number in zip(FUNNEL, numbers, strict=True)}
            for form, *numbers in groups
        }

    @api.constrains("compare_share", "compare_version_id")
    def _check_compare(self):
        for form in self:
            if not 1 <= form.compare_share <= 99 and form.compare_version_id:
                raise ValidationError(
                    self.env._("%(form)s: show the other version to 1 to 99 of a hundred.", form=form.name)
                )
            if form.compare_version_id and form.compare_version_id.form_id != form:
                raise ValidationError(
                    self.env._("%(form)s can only be compared with a version of its own.", form=form.name)
                )

    def _choose_version(self, visitor):
        """Return the version a visitor sees; the same one all day, without a cookie.

        :param visitor: what tells visitors apart (address and browser); only its keyed hash is looked at
        """
        self.ensure_one()
        if not self.compare_version_id:
            return self.version_id
        day = fields.Date.to_string(fields.Date.today())
        # sudo: the key is the database's own.
        digest = hmac(self.sudo().env, "crm_web_forms.compare", (day, self.uuid, *visitor))
        return self.compare_version_id if int(digest[:8], 16) % 100 < self.compare_share else self.version_id

    def action_open_results(self):
        """Show the way from a look to money."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_web_forms.crm_web_form_report_action")
        return {**action, "display_name": self.name, "domain": [("form_id", "=", self.id)], "context": {}}
