from odoo import fields, models
from odoo.fields import Domain


class CrmHandover(models.Model):
    """What a hand-over takes and who gets it."""

    _inherit = "crm.handover"

    def _get_handover_scopes(self):
        """Return what can be handed over from ``from_user_id`` in ``company_id``, in order; other addons add theirs.

        :return: a list of dicts:
            ``code`` (unique and stable), ``label``, ``model``, ``domain`` (what is still the leaver's),
            ``field`` (the many2one to the owner), and optionally ``partner`` (path to the contact: all of one
            customer goes to the same person), ``team`` (path to the sales team), ``keep`` (computed fields that
            must not follow the new owner), ``urgent`` (must be done before the leaver is archived), ``transfer``
            and ``restore`` (bound methods instead of :meth:`_transfer_records` and :meth:`_restore_records`)
        """
        self.ensure_one()
        return [*self._get_document_scopes(), *self._get_agenda_scopes(), *self._get_people_scopes()]

    def _get_own_domains(self):
        """Return (what is the leaver's, what is of this company or of none)."""
        return Domain("user_id", "=", self.from_user_id.id), Domain("company_id", "in", [self.company_id.id, False])

    def _get_document_scopes(self):
        own, company = self._get_own_domains()
        return [
            {
                "code": "contact",
                "label": self.env._("Contacts"),
                "model": "res.partner",
                "domain": own & company,
                "field": "user_id",
                "partner": "commercial_partner_id",
            },
            {
                "code": "lead",
                "label": self.env._("Open leads and opportunities"),
                "model": "crm.lead",
                "domain": own & company & Domain("won_status", "=", "pending"),
                "field": "user_id",
                "partner": "partner_id.commercial_partner_id",
                "team": "team_id",
                "keep": ("team_id", "stage_id", "company_id", "day_open"),
                "transfer": self._transfer_leads,
            },
            {
                "code": "quote",
                "label": self.env._("Open quotes"),
                "model": "sale.order",
                "domain": own & company & Domain("state", "in", ("draft", "sent")),
                "field": "user_id",
                "partner": "partner_id.commercial_partner_id",
                "team": "team_id",
                "keep": ("team_id",),
            },
        ]

    def _get_agenda_scopes(self):
        own, _company = self._get_own_domains()
        return [
            {
                "code": "activity",
                "label": self.env._("Planned activities"),
                "model": "mail.activity",
                "domain": own & Domain("active", "=", True) & self._get_document_domain(self._get_activity_models()),
                "field": "user_id",
                "urgent": True,
                "restore": self._restore_activities,
            },
            {
                "code": "meeting",
                "label": self.env._("Future meetings"),
                "model": "calendar.event",
                "domain": own & Domain("start", ">", fields.Datetime.now()) & self._get_meeting_domain(),
                "field": "user_id",
                "partner": "opportunity_id.partner_id.commercial_partner_id",
                "transfer": self._transfer_meetings,
            },
        ]

    def _get_people_scopes(self):
        own, company = self._get_own_domains()
        follows = Domain("partner_id", "=", self.from_user_id.partner_id.id)
        return [
            {
                "code": "team",
                "label": self.env._("Teams they lead"),
                "model": "crm.team",
                "domain": own & company,
                "field": "user_id",
            },
            {
                "code": "follower",
                "label": self.env._("Records they follow"),
                "model": "mail.followers",
                "domain": follows & self._get_document_domain(self._get_followed_models()),
                "field": "partner_id",
                "transfer": self._transfer_followers,
                "restore": self._restore_followers,
            },
        ]

    def _get_activity_models(self):
        """Return the models on which the leaver has something planned and that whoever hands over may read."""
        # sudo: whether there is something, not what.
        groups = self.env["mail.activity"].sudo()._read_group([("user_id", "=", self.from_user_id.id)], ["res_model"])
        env = self.env(user=self.create_uid or self.env.user)
        return [model for (model,) in groups if model in env and env[model].has_access("read")]

    def _get_followed_models(self):
        """Return the models whose followers are handed over; a hook."""
        return ["res.partner", "crm.lead", "sale.order"]

    def _get_document_domain(self, models):
        """Return the domain of what hangs on documents of this company, by model name and id.

        Documents that belong to no company count for the leaver's main one.
        """
        domains = []
        for name in models:
            # sudo: the company decides what is handed over, not what the manager may read.
            model = self.env[name].sudo().with_context(active_test=False)
            of_model = Domain("res_model", "=", name)
            if "company_id" in model._fields and model._fields["company_id"].store:
                of_company = [("company_id", "in", [self.company_id.id, False])]
                domains.append(of_model & Domain("res_id", "in", model._search(of_company)))
            elif self.from_user_id.company_id == self.company_id:
                domains.append(of_model)
        return Domain.OR(domains)

    def _get_meeting_domain(self):
        """Return the domain of the meetings of this company."""
        about = Domain("opportunity_id.company_id", "in", [self.company_id.id, False])
        if self.from_user_id.company_id != self.company_id:
            return Domain("opportunity_id.company_id", "=", self.company_id.id)
        return about | Domain("opportunity_id", "=", False)

    def _get_selected_scopes(self):
        chosen = set(self.scope_ids.filtered("selected").mapped("code"))
        return [scope for scope in self._get_handover_scopes() if scope["code"] in chosen]

    def _get_scope_records(self, scope, limit=None):
        """Return what of a scope is still to be handed over, without what could not be."""
        failed = [("handover_id", "=", self.id), ("scope", "=", scope["code"]), ("state", "=", "failed")]
        rows = self.env["crm.handover.line"].sudo().search(failed).mapped("row_id")
        # sudo: the manager hands over all of it, also what only the leaver could see.
        model = self.env[scope["model"]].sudo().with_context(active_test=False)
        return model.search(scope["domain"] & Domain("id", "not in", rows), limit=limit, order="id")

    def _count_scopes(self):
        """Return {code: number of records that would be handed over now}."""
        self.ensure_one()
        counts = {}
        for scope in self._get_handover_scopes() if self.from_user_id else ():
            # sudo: as in _get_scope_records; it is a number only.
            model = self.env[scope["model"]].sudo().with_context(active_test=False)
            counts[scope["code"]] = model.search_count(scope["domain"])
        return counts

    # ------------------------------------------------------------
    # Who gets it
    # ------------------------------------------------------------

    def _get_receivers(self):
        """Return everybody who may get something."""
        users = self.user_id
        if self.rule == "round_robin":
            users |= self.user_ids
        elif self.rule == "area":
            users |= self.area_ids.user_id
        elif self.rule == "team":
            users |= self._get_members(self.team_id)
        return users

    def _get_members(self, team):
        """Return who of a team may take over."""
        return (team.member_ids - self.from_user_id).filtered(self._works_here)

    def _works_here(self, user):
        # sudo: for which companies somebody works, which may be others than the manager's.
        return self.company_id in user.sudo().company_ids

    def _assign(self, scope, records):
        """Return {new owner: records}: what concerns one customer goes to the same person."""
        if self.rule == "one":
            return {self.user_id: records}
        partners = records.mapped(scope["partner"]) if scope.get("partner") else self.env["res.partner"]
        known = self._get_known_owners(partners)
        owners = {}
        for record in records:
            partner = record.mapped(scope["partner"]) if scope.get("partner") else partners
            team = record.mapped(scope["team"]) if scope.get("team") else self.team_id
            candidates = self._get_candidates(partner, team)
            owner = known.get(partner)
            if not owner or owner not in candidates:
                owner = self._get_next(candidates)
                if partner:
                    known[partner] = owner
            owners.setdefault(owner, []).append(record.id)
        return {owner: records.browse(ids) for owner, ids in owners.items()}

    def _get_known_owners(self, partners):
        """Return {customer: who got something of it in this hand-over}."""
        done = [("handover_id", "=", self.id), ("partner_id", "in", partners.ids), ("new_user_id", "!=", False)]
        groups = self.env["crm.handover.line"].sudo()._read_group(done, ["partner_id", "new_user_id"])
        return dict(groups)

    def _get_candidates(self, partner, team):
        """Return who may get something of a customer, by the rule; a hook.

        :param partner: the customer, or empty
        :param team: the sales team of the record, or empty
        """
        if self.rule == "round_robin":
            return self.user_ids
        if self.rule == "team":
            return self._get_members(team or self.team_id) or self.user_id
        found = self.area_ids.filtered(lambda area: area._covers(partner))[:1] if partner else self.area_ids.browse()
        return found.user_id or self.user_id

    def _get_next(self, candidates):
        """Return whose turn it is."""
        owner = candidates[self.rotation % len(candidates)]
        self.rotation += 1 if len(candidates) > 1 else 0
        return owner
