import hashlib
import secrets

from odoo import api, fields, models
from odoo.tools import html2plaintext

from ..tools import adf

PATH = "/crm_automotive/adf/%s"


class AutomotiveAdfChannel(models.Model):
    """A way on which ADF leads of one sender come in: an address for mails, an address for programs, or files."""

    _name = "automotive.adf.channel"
    _description = "ADF Channel"
    _inherit = ["mail.alias.mixin.optional"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Sender", required=True, help="The portal or maker that sends, for example: Motor Portal.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    token = fields.Char(
        copy=False,
        required=True,
        default=lambda self: secrets.token_urlsafe(24),
        groups="crm_automotive_dealer.group_crm_automotive_dealer_manager",
    )
    url = fields.Char(
        "Address for programs",
        compute="_compute_url",
        groups="crm_automotive_dealer.group_crm_automotive_dealer_manager",
        help="Whoever knows it can send leads: POST the XML.",
    )
    source_id = fields.Many2one("utm.source", help="Noted as the source of the opportunities.")
    pipeline_id = fields.Many2one(
        "crm.pipeline",
        required=True,
        check_company=True,
        default=lambda self: self.env.ref("crm_automotive_dealer.crm_pipeline_car_sale", raise_if_not_found=False),
    )
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True)
    user_id = fields.Many2one("res.users", "Salesperson", check_company=True, help="Empty: as the team decides.")
    job_user_id = fields.Many2one(
        "res.users",
        "Looks after problems",
        required=True,
        check_company=True,
        default=lambda self: self.env.user,
        help="Is told when a lead cannot be read.",
    )
    intake_ids = fields.One2many("crm.intake", "adf_channel_id", "Leads")
    intake_count = fields.Integer(compute="_compute_intake_count")

    _token_unique = models.UniqueIndex("(token)")

    def _compute_url(self):
        for channel in self:
            channel.url = channel.get_base_url() + PATH % channel.token

    def _compute_intake_count(self):
        groups = self.env["crm.intake"]._read_group(
            [("adf_channel_id", "in", self.ids)], ["adf_channel_id"], ["__count"]
        )
        counts = {channel.id: count for channel, count in groups}
        for channel in self:
            channel.intake_count = counts.get(channel.id, 0)

    def _alias_get_creation_values(self):
        """Mails to the address become intakes of this channel."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get("crm.intake").id
        if self.id:
            values["alias_defaults"] = {"adf_channel_id": self.id}
        return values

    def action_new_token(self):
        """Replace the address for programs: the former one stops working at once."""
        for channel in self:
            channel.token = secrets.token_urlsafe(24)

    def action_open_intakes(self):
        """Open what came in here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_intake_action")
        action["domain"] = [("adf_channel_id", "=", self.id)]
        return action

    # ------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------

    def _receive_document(self, raw):
        """Keep every lead of a document; what cannot be read is kept as well, for a person.

        :param raw: bytes or text
        :return: the ``crm.intake`` records, the first ones where they came before
        """
        self.ensure_one()
        try:
            leads = adf.read(raw)
        except adf.Unreadable:
            return self._keep_unread(raw)
        return self.env["crm.intake"].union(*(self._receive_lead(lead) for lead in leads))

    def _receive_lead(self, lead):
        """Keep one lead: the same words once, other words about it once more."""
        number = adf.key(lead)
        payload = self._prepare_payload(lead)
        return self._keep(payload, f"{number}:{adf.fingerprint(lead)[:16]}", adf_key=number, adf_raw=lead["xml"])

    def _keep_unread(self, raw):
        """Keep what no lead could be taken from: its words are there, a person corrects them."""
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
        text = text.replace("\x00", "")[: adf.MAX_SIZE]
        name = self.env._("Lead of %(sender)s that cannot be read", sender=self.name)
        return self._keep({"name": name}, hashlib.sha256(text.encode()).hexdigest(), adf_raw=text)

    def _keep(self, payload, number, **values):
        return self.env["crm.intake"]._receive(
            "adf",
            "adf",
            payload,
            external_id=f"{self.id}:{number}",
            adf_channel_id=self.id,
            company_id=self.company_id.id,
            pipeline_id=self.pipeline_id.id,
            team_id=self.team_id.id,
            user_id=self.user_id.id,
            job_user_id=self.job_user_id.id,
            **values,
        )

    @api.model
    def _get_documents(self, message):
        """Return what may be ADF in a mail, the attachments first.

        :param message: as the host's mail gateway parsed it
        """
        parts = [content for _name, content, _info in message.get("attachments") or []]
        found = [part for part in parts if part and _mentions_adf(part)]
        body = message.get("body") or ""
        return found or [str(body) if _mentions_adf(str(body)) else html2plaintext(body)]

    def _prepare_payload(self, lead):
        """Return the intake's payload: what it knows, and the cars as they were told."""
        customer = lead["customer"]
        wished = " / ".join(filter(None, (_car_name(car) for car in lead["vehicles"] if _is_wish(car))))
        return {
            "name": wished,
            "contact_name": customer["name"],
            "company_name": customer["company"],
            "email": customer["email"],
            "phone": customer["phone"],
            "message": "\n\n".join(
                filter(None, [customer["comments"], *(v.get("comments") for v in lead["vehicles"])])
            ),
            "street": customer["street"],
            "zip": customer["zip"],
            "city": customer["city"],
            "country_code": customer["country"] if len(customer["country"]) == 2 else "",
            "utm": {"source": self.source_id.name or lead["provider"]["name"] or self.name},
            "answers": self._prepare_answers(lead),
            "adf": {"vehicles": lead["vehicles"][:10], "status": lead["status"]},
        }

    def _prepare_answers(self, lead):
        """Return the rest of a lead, shown as it was told."""
        customer = lead["customer"]
        told = {
            self.env._("Requested on"): lead["requested"],
            self.env._("Other phones"): ", ".join(customer["phones"][1:]),
            self.env._("Prefers"): " ".join(filter(None, [customer["preferred"], customer["time"]])),
            self.env._("Wants it"): customer["timeframe"],
            self.env._("Sender"): " ".join(filter(None, [lead["provider"]["name"], lead["provider"]["service"]])),
            **lead["extras"],
        }
        return {name: value for name, value in told.items() if value}


def _mentions_adf(part):
    return b"<adf" in part.lower() if isinstance(part, bytes) else "<adf" in part.lower() or "&lt;adf" in part.lower()


def _is_wish(car):
    return car["interest"] in ("buy", "lease", "test-drive")


def _car_name(car):
    return " ".join(filter(None, [car.get("make"), car.get("model"), car.get("trim"), car.get("year")]))
