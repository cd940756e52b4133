from odoo import fields, models
from odoo.exceptions import UserError


class AutomotiveServiceJob(models.Model):
    """One piece of work at an appointment, done once the customer said yes to it."""

    _name = "automotive.service.job"
    _description = "Service Job"
    _order = "sequence, id"

    appointment_id = fields.Many2one("automotive.service.appointment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="appointment_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary("Price", help="Taxes included, in the currency of the company, as told to the customer.")
    approval = fields.Selection(
        [("agreed", "Agreed"), ("asked", "To be asked"), ("refused", "Refused")], default="agreed", required=True
    )
    approved_note = fields.Char("Said yes", help="Who said yes, when and how, for example: by phone, 10:40.")
    is_service = fields.Boolean("Is the service", help="The next service is counted from here.")
    recall_line_id = fields.Many2one("automotive.recall.vehicle", "Recall", index="btree_not_null", ondelete="set null")
    done = fields.Boolean()

    def _check_done(self):
        """Refuse work that nobody agreed to.

        :raise UserError: names the job
        """
        for job in self.filtered(lambda job: job.done and job.approval != "agreed"):
            raise UserError(
                self.env._("“%(job)s” is done, but the customer has not agreed to it. Ask first.", job=job.name)
            )
