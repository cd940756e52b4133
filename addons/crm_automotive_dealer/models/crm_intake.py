from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

from odoo.addons.crm_core.exceptions import JobBlocked
from odoo.addons.crm_core.tools.payload import clean_line

from ..tools import adf
from ..tools import vin as vin_tools

KM_PER_MILE = 1.609344


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    adf_channel_id = fields.Many2one(
        "automotive.adf.channel", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    adf_key = fields.Char(readonly=True, copy=False, index="btree_not_null", help="The same lead has the same key.")
    adf_raw = fields.Text("ADF as it came", copy=False)

    @api.model
    def _get_meta_fields(self):
        return (*super()._get_meta_fields(), "adf_channel_id", "adf_key", "adf_raw")

    @api.model
    def _get_targets(self):
        """A lead of a portal or of the maker becomes a car sale."""
        return {**super()._get_targets(), "adf": (self.env._("Car lead (ADF)"), "_process_adf")}

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Take a mail to the address of a channel in: one intake for each lead in it.

        :return: the first one, which keeps the mail
        """
        channel_id = (custom_values or {}).get("adf_channel_id")
        if not channel_id:
            return super().message_new(msg_dict, custom_values)
        channel = self.env["automotive.adf.channel"].browse(channel_id)
        kept = self.union(*(channel._receive_document(part) for part in channel._get_documents(msg_dict)))
        return kept[:1]

    # ------------------------------------------------------------
    # Processing
    # ------------------------------------------------------------

    def _job_run(self):
        """Read again what could not be read, perhaps corrected by now."""
        if self.target == "adf" and "adf" not in (self.payload or {}):
            self._read_adf()
        return super()._job_run()

    def _read_adf(self):
        """Take the lead from the document; further leads in it become intakes of their own.

        :raise JobBlocked: it cannot be read
        """
        try:
            first, *others = adf.read(self.adf_raw or "")
        except adf.Unreadable as error:
            raise JobBlocked(self._get_adf_problem(error), f"E_ADF_{error.code.upper()}") from None
        payload = self.adf_channel_id._prepare_payload(first)
        self.write({"payload": payload, "adf_key": adf.key(first), **self._prepare_summary(payload)})
        for lead in others:
            self.adf_channel_id._receive_lead(lead)

    def _get_adf_ids(self):
        """Return the sender's numbers of the lead, as [source, number]; none of what cannot be read."""
        try:
            leads = adf.read(f"<adf>{self.adf_raw}</adf>" if self.adf_key else "")
            return [pair for lead in leads[:1] for pair in lead["ids"] if all(pair)]
        except adf.Unreadable:
            return []

    def _get_adf_problem(self, error):
        """Return what is wrong with a document, and what to do."""
        reasons = {
            "size": self.env._("it is too large"),
            "missing": self.env._("there is no <adf> in it"),
            "doctype": self.env._("it declares a document type, which is refused"),
            "syntax": self.env._("it is broken: %(detail)s", detail=error.detail),
            "empty": self.env._("there is no <prospect> in it"),
        }
        return self.env._(
            "This lead cannot be read: %(reason)s. Correct it under “As it came” and try again, or enter it by hand.",
            reason=reasons[error.code],
        )

    def _prepare_partner_values(self, data):
        """A dealer's customer carries the dealer's company: makers and other dealers must not see them."""
        values = super()._prepare_partner_values(data)
        return {**values, "company_id": self.company_id.id} if self.adf_channel_id else values

    def _process_adf(self, data):
        """Make or extend the car sale: wishes, a requested test drive, the customer's own car."""
        cars = (self.payload or {}).get("adf", {}).get("vehicles", [])
        intake = self.with_context(crm_automotive_first_step=self._get_car_step(cars))
        earlier = intake._find_earlier_lead()
        lead = intake._follow_lead(earlier, data) if earlier else intake._create_or_extend_lead(data, "opportunity")
        self._add_cars(lead, cars)
        return lead.with_env(self.env)

    def _find_earlier_lead(self):
        """Return the opportunity that an earlier message about the same lead became."""
        domain = [("adf_key", "=", self.adf_key), ("adf_channel_id", "=", self.adf_channel_id.id)]
        return self.search([*domain, ("lead_id", "!=", False), ("id", "!=", self.id)], limit=1).lead_id

    def _follow_lead(self, lead, data):
        """Tell the opportunity what the sender told later about the same lead."""
        lead.message_post(body=plaintext2html(self._get_description(data)), subject=self.name or "")
        self.lead_id = lead
        lead._ensure_next_step(self._get_first_step())
        return lead

    @api.model
    def _get_car_step(self, cars):
        interests = {car.get("interest") for car in cars}
        if "test-drive" in interests:
            return self.env._("Call to fix the test drive")
        if interests and interests <= {"sell", "trade-in"}:
            return self.env._("Call to look at their car")
        return False

    def _get_first_step(self):
        """Say what to do first about a car lead."""
        return self.env.context.get("crm_automotive_first_step") or super()._get_first_step()

    # -- cars

    def _add_cars(self, lead, cars):
        """Note the cars of a lead at its opportunity, each once."""
        for car in cars:
            self._add_car(lead, {key: value for key, value in car.items() if value})

    def _add_car(self, lead, car):
        """Note a car of the document at the opportunity, once."""
        model = self._find_car_model(car)
        if car["interest"] in ("sell", "trade-in"):
            self._add_once("automotive.appraisal", lead, self._prepare_appraisal(lead, car))
            return
        self._add_once("automotive.wish", lead, self._prepare_wish(lead, car, model))
        if car["interest"] == "test-drive":
            values = {"lead_id": lead.id, "partner_id": lead.partner_id.id, "model_id": model.id}
            people = {"company_id": self.company_id.id, "user_id": lead.user_id.id}
            self._add_once("automotive.test.drive", lead, {**values, **people})

    def _add_once(self, model, lead, values):
        """Create a record unless the opportunity has one that says the same."""
        told = {
            name: value for name, value in values.items() if name in ("name", "model_id", "condition", "vehicle_id")
        }
        same = [("lead_id", "=", lead.id), *((name, "=", value) for name, value in told.items())]
        if not self.env[model].search_count(same, limit=1):
            self.env[model].create(values)

    def _prepare_wish(self, lead, car, model):
        return {
            "lead_id": lead.id,
            "name": self._get_car_name(car),
            "model_id": model.id,
            "vehicle_id": self._find_car(car).id,
            "condition": "used" if car.get("status") == "used" else "new",
            "interest": "lease" if car["interest"] == "lease" else "buy",
            "year": self._get_year(car),
            "color": clean_line(car.get("color"), 64),
            "options": ", ".join(clean_line(option, 64) for option in car.get("options", [])),
        }

    def _prepare_appraisal(self, lead, car):
        number = adf.whole_number(car.get("odometer"))
        return {
            "lead_id": lead.id,
            "partner_id": lead.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": lead.user_id.id,
            "name": self._get_car_name(car),
            "vehicle_id": self._find_car(car, own=False).id,
            "odometer": int(number * KM_PER_MILE) if car.get("unit") == "mi" else number,
            "expected_price": adf.whole_number(car.get("price")),
            "note": clean_line(car.get("vin"), 64) and self.env._("VIN: %(vin)s", vin=clean_line(car["vin"], 64)),
        }

    @api.model
    def _get_car_name(self, car):
        return clean_line(" ".join(str(car[part]) for part in ("make", "model", "trim", "year") if car.get(part)))

    @api.model
    def _get_year(self, car):
        year = adf.whole_number(car.get("year"))
        return year if 1886 <= year <= 2200 else False

    def _find_car_model(self, car):
        """Return the model of our catalogue with this name, or none."""
        # The host's `=ilike` knows wildcards, which a stranger must not use.
        make, model = (clean_line(car.get(part), 64).replace("%", "").replace("_", "") for part in ("make", "model"))
        models_ = self.env["fleet.vehicle.model"]
        if not model:
            return models_
        domain = Domain("name", "=ilike", model)
        return models_.search(domain & Domain("brand_id.name", "=ilike", make) if make else domain, limit=1)

    def _find_car(self, car, own=True):
        """Return the car of our company with this VIN, or none.

        :param own: only what we sell or show; else customers' cars as well
        """
        vehicles = self.env["automotive.vehicle"]
        number = vin_tools.compact(clean_line(car.get("vin"), 64))
        if not number:
            return vehicles
        domain = Domain("vin", "=", number) & Domain("company_id", "=", self.company_id.id)
        return vehicles.search(domain & Domain("kind", "!=", "customer") if own else domain, limit=1)
