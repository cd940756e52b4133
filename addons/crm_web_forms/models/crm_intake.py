from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.crm_core.tools.payload import clean_line

from ..tools import schema

UTM = {"source": "utm.source", "medium": "utm.medium", "campaign": "utm.campaign"}
# Sources, media and campaigns that visitors may bring in a day: the address of a page says anything.
NEW_NAMES = 50

# What the door of a web form notes besides the payload, see `crm.intake._receive`.
META = (
    "form_id",
    "version_id",
    "origin",
    "page_url",
    "referrer",
    "receipt",
    "payload_hash",
    "network_hash",
    "job_state",
    "error_code",
    "error_message",
    "is_test",
    "first_touch",
    "proof",
    "spam_score",
    "spam_reasons",
    "score",
    "result_id",
)


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    form_id = fields.Many2one("crm.web.form", readonly=True, index="btree_not_null", ondelete="restrict")
    version_id = fields.Many2one(
        "crm.web.form.version", "Form version", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    origin = fields.Char("Website", readonly=True, help="The website that sent it, as the browser said.")
    page_url = fields.Char("Page", readonly=True, help="The page the form was on, without its parameters.")
    referrer = fields.Char("Page before", readonly=True, help="Where the visitor came from, without parameters.")
    receipt = fields.Char(readonly=True, copy=False, index="btree_not_null", help="The number the sender was given.")
    payload_hash = fields.Char("Content (SHA-256)", readonly=True, copy=False)
    network_hash = fields.Char("Sender's network (keyed hash)", readonly=True, copy=False)
    first_touch = fields.Json(
        readonly=True, help="What brought the visitor the first time, where the website keeps it."
    )
    spam_score = fields.Integer("Spam points", readonly=True, aggregator="avg")
    spam_reasons = fields.Char("What speaks against it", readonly=True)
    score = fields.Float("Points", readonly=True, aggregator="avg")
    result_id = fields.Many2one("crm.web.form.result", readonly=True, index="btree_not_null", ondelete="set null")
    file_ids = fields.Many2many(
        "ir.attachment", string="Files", readonly=True, copy=False, help="What came with it, wherever it hangs now."
    )
    is_test = fields.Boolean("Test", readonly=True, help="Sent by a colleague to try the form.")

    @api.model
    def _get_meta_fields(self):
        return (*super()._get_meta_fields(), *META)

    # ------------------------------------------------------------
    # Attribution
    # ------------------------------------------------------------

    def _prepare_attribution_values(self, data):
        """Take the touch the form asks for."""
        if self.form_id.attribution != "first" or not self.first_touch:
            return super()._prepare_attribution_values(data)
        touch = {name: clean_line(self.first_touch.get(name), 64) for name in UTM}
        return self._find_utm({**data, "utm": touch}, {})

    def _find_utm(self, values, known):
        """Strangers cannot fill the lists of sources without end: what is new beyond a number a day is not made."""
        touch = {
            name: value if not value or (UTM[name], value) in known or self._may_name(UTM[name], value) else ""
            for name, value in values["utm"].items()
        }
        return super()._find_utm({**values, "utm": touch}, known)

    def _may_name(self, model, value):
        """Tell whether a source exists, or may be made today."""
        # sudo: how many there are is no secret; they are the marketing people's.
        records = self.env[model].sudo().with_context(active_test=False)
        if records.search_count([("name", "=ilike", value)], limit=1):
            return True
        today = fields.Datetime.now() - timedelta(days=1)
        return records.search_count([("create_date", ">", today)], limit=NEW_NAMES) < NEW_NAMES

    # ------------------------------------------------------------
    # Processing
    # ------------------------------------------------------------

    def _before_process(self):
        for intake in self.filtered("form_id"):
            intake._apply_form_rules()
        return super()._before_process()

    def _apply_form_rules(self):
        """Decide who gets it: the rule of an answer, else the member of the team who waits longest."""
        rule = self._find_rule()
        values = {name: rule[name].id for name in ("pipeline_id", "team_id", "user_id") if rule[name]}
        if values:
            self.write(values)
        if self.form_id.take_turns and self.team_id and not self.user_id:
            self.user_id = self._get_next_member()

    def _find_rule(self):
        answers = (self.payload or {}).get("answers") or {}
        rules = self.form_id.rule_ids
        return next((rule for rule in rules if rule._fits(answers)), rules.browse())

    def _get_next_member(self):
        """Return the member of the team whose last lead of this form is the oldest."""
        members = self.team_id.member_ids.filtered(lambda user: self.company_id in user.company_ids).sorted("id")
        domain = [("form_id", "=", self.form_id.id), ("user_id", "in", members.ids)]
        # sudo: whose turn it is does not depend on who works the queue off.
        last = {user.id: id_max for user, id_max in self.sudo()._read_group(domain, ["user_id"], ["id:max"])}
        return min(members, key=lambda user: last.get(user.id, 0), default=members)

    def _get_tags(self, data):
        rule = self._find_rule()
        return super()._get_tags(data) | self.form_id.tag_ids | rule.tag_ids | self._get_result().tag_ids

    def _get_first_step(self):
        return self._get_result().next_step or super()._get_first_step()

    def _prepare_lead_values(self, data, kind):
        values = super()._prepare_lead_values(data, kind)
        if self.is_test:
            values["name"] = self.env._("[Test] %(name)s", name=values["name"])
        if self._get_result().priority:
            values["priority"] = self._get_result().priority
        return values | self._prepare_answer_values()

    def _get_result(self):
        """Return what the points of the answers mean, a ``crm.web.form.result.mixin``; a hook."""
        return self.result_id

    def _prepare_answer_values(self):
        """Return the fields of the lead that answers fill: only those the form's makers chose."""
        lead, chosen = self.env["crm.lead"], self._get_chosen_answers()
        allowed = dict(self.env["crm.web.form.field"]._selection_lead_field()) if chosen else {}
        converted = {
            name: self._convert_answer(lead._fields[name], value) for name, value in chosen.items() if name in allowed
        }
        return {name: value for name, value in converted.items() if value is not None}

    def _get_chosen_answers(self):
        """Return {field of the lead: the answer that fills it}; a hook."""
        answers = (self.payload or {}).get("answers") or {}
        asked = (self.version_id._get_schema() or {"fields": []})["fields"]
        return {f["lead_field"]: answers.get(f["key"]) for f in asked if f.get("lead_field")}

    def _convert_answer(self, field, value):
        """Return an answer as a field takes it, or None if it cannot be."""
        if not value:
            return None
        if field.type == "boolean":
            return value == "yes"
        if field.type in ("integer", "float"):
            try:
                return field.convert_to_cache(float(value), self)
            except (TypeError, ValueError):
                return None
        text = ", ".join(value) if isinstance(value, list) else value
        if field.type == "selection":
            labels = {str(label).casefold(): code for code, label in field._description_selection(self.env)}
            return labels.get(text.casefold())
        return text

    def _get_description(self, data):
        """Say the questions, not their technical keys."""
        return super()._get_description({**data, "answers": self._label_answers(data["answers"])})

    def _label_answers(self, answers):
        labels = self._get_questions(self._get_lang())
        return {labels.get(key) or key: value for key, value in answers.items()}

    def _get_questions(self, lang):
        """Return the questions of the form as it was sent: {key: question}."""
        content = self.version_id._get_schema() or {"fields": []}
        return {f["key"]: schema.text(f["label"], lang, content["lang"]) for f in content["fields"]}

    def _get_payload_labels(self):
        """Say the questions here as well; what answered no question keeps its key."""
        answers = (self.payload or {}).get("answers") or {}
        known = self._get_questions(self.env.lang or self._get_lang())
        return super()._get_payload_labels() | {f"answers {key}": known.get(key) or key for key in answers}
