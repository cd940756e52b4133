from odoo import api, fields, models

# What the door of a web form notes besides the payload, see `crm.intake._receive`.
META = (
    "form_id",
    "version_id",
    "origin",
    "page_url",
    "receipt",
    "payload_hash",
    "network_hash",
    "job_state",
    "error_code",
    "error_message",
)


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    form_id = fields.Many2one("crm.web.form", readonly=True, index="btree_not_null", ondelete="restrict")
    version_id = fields.Many2one(
        "crm.web.form.version", "Form version", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    origin = fields.Char("Website", readonly=True, help="The website that sent it, as the browser said.")
    page_url = fields.Char("Page", readonly=True, help="The page the form was on, without its parameters.")
    receipt = fields.Char(readonly=True, copy=False, index="btree_not_null", help="The number the sender was given.")
    payload_hash = fields.Char("Content (SHA-256)", readonly=True, copy=False)
    network_hash = fields.Char("Sender's network (keyed hash)", readonly=True, copy=False)

    @api.model
    def _get_meta_fields(self):
        return (*super()._get_meta_fields(), *META)
