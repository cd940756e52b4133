from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CrmPhone(models.Model):
    """One more number of a contact, besides the host's ``phone``.

    No SQL unique: a merge of contacts would delete the rows that clash.
    """

    _name = "crm.phone"
    _description = "Phone Number"
    _order = "sequence, id"
    _rec_name = "number"

    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    number = fields.Char(required=True, help="Kept as it was typed, even when it is not understood.")
    number_sanitized = fields.Char(
        "International number",
        compute="_compute_number_sanitized",
        store=True,
        index="btree_not_null",
        help="Empty: the number is not understood. Write it with its country prefix, for example +34 600 000 101.",
    )
    kind = fields.Selection(
        [
            ("landline", "Landline"),
            ("mobile", "Mobile"),
            ("work", "Work"),
            ("fax", "Fax"),
            ("other", "Other"),
        ],
        default="mobile",
        required=True,
    )
    do_not_call = fields.Boolean(compute="_compute_do_not_call", inverse="_inverse_do_not_call")

    # A later change of the contact's country does not reread old numbers: they were typed for the former one.
    @api.depends("number", "partner_id")
    def _compute_number_sanitized(self):
        for phone in self:
            phone.number_sanitized = phone._format_number("E164")

    @api.depends("number_sanitized")
    def _compute_do_not_call(self):
        numbers = [number for number in self.mapped("number_sanitized") if number]
        # sudo: the list is closed to all but administrators, whether one may call is not.
        found = self.env["phone.blacklist"].sudo().search([("number", "in", numbers)]) if numbers else ()
        refused = {record.number for record in found}
        for phone in self:
            phone.do_not_call = phone.number_sanitized in refused

    def _inverse_do_not_call(self):
        """Keep the refusal in the host's list, so that every other channel respects it."""
        refused = self.filtered("do_not_call")
        for phone in refused:
            if not phone.number_sanitized:
                raise UserError(
                    self.env._(
                        "%(number)s is not understood, so it cannot be kept from being called. "
                        "Write it with its country prefix first.",
                        number=phone.number,
                    )
                )
        blacklist = self.env["phone.blacklist"]
        if refused:
            # sudo: a refusal may be noted by whoever hears it.
            blacklist.sudo()._add(refused.mapped("number_sanitized"))
        self._allow_calls((self - refused).filtered("number_sanitized").mapped("number_sanitized"))

    @api.model
    def _allow_calls(self, numbers):
        """Take numbers off the list; as in the host, only who manages the list may do that."""
        blacklist = self.env["phone.blacklist"]
        # sudo: only to see whether there is anything to do.
        listed = blacklist.sudo().search([("number", "in", numbers)]) if numbers else blacklist
        if not listed:
            return
        if not blacklist.has_access("write"):
            raise AccessError(
                self.env._(
                    "%(number)s asked not to be called. Only an administrator can take it off the list.",
                    number=listed[0].number,
                )
            )
        blacklist._remove(listed.mapped("number"))

    @api.onchange("number")
    def _onchange_number(self):
        """Show the number as the host shows its own."""
        self.number = self._format_number("INTERNATIONAL") or self.number

    def _format_number(self, style):
        """Return the number in a style of the host's ``_phone_format``, or False if it is not understood."""
        self.ensure_one()
        country = self.partner_id.country_id or self.env.company.country_id
        return self._phone_format_number(self.number, country, force_format=style)
