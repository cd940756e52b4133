from odoo import models
from odoo.fields import Domain
from odoo.tools import formatLang


class ResPartner(models.Model):
    """Sources of the timeline that belong to other applications: there when they are installed."""

    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        sources = super()._crm_timeline_sources()
        partners = self._crm_timeline_partners()
        optional = [
            ("account.payment", self._get_payment_source),
            ("stock.picking", self._get_return_source),
            ("survey.user_input", self._get_survey_source),
            ("rating.rating", self._get_rating_source),
        ]
        return sources + [prepare(partners) for model, prepare in optional if model in self.env]

    def _get_payment_source(self, partners):
        return {
            "kind": "payment",
            "label": self.env._("Payments"),
            "icon": "fa-money",
            "model": "account.payment",
            "domain": Domain("partner_id", "in", partners.ids) & Domain("state", "in", ("in_process", "paid")),
            "date": "date",
            "fields": ["date", "name", "amount", "currency_id", "payment_type", "state", "memo"],
            "prepare": self._prepare_payment_entry,
        }

    def _prepare_payment_entry(self, payment):
        amount = formatLang(self.env, payment.amount, currency_obj=payment.currency_id)
        said = (self._get_label(payment, "payment_type"), self._get_label(payment, "state"), payment.memo)
        return {"title": f"{payment.name or ''} {amount}".strip(), "text": " · ".join(filter(None, said))}

    def _get_return_source(self, partners):
        return {
            "kind": "return",
            "label": self.env._("Returns"),
            "icon": "fa-undo",
            "model": "stock.picking",
            "domain": Domain("partner_id", "in", partners.ids) & Domain("return_id", "!=", False),
            "date": "scheduled_date",
            "fields": ["scheduled_date", "name", "origin", "state"],
            "prepare": self._prepare_return_entry,
        }

    def _prepare_return_entry(self, picking):
        said = (self._get_label(picking, "state"), picking.origin)
        return {"title": picking.name, "text": " · ".join(filter(None, said))}

    def _get_survey_source(self, partners):
        return {
            "kind": "survey",
            "label": self.env._("Surveys"),
            "icon": "fa-question-circle-o",
            "model": "survey.user_input",
            "domain": Domain("partner_id", "in", partners.ids)
            & Domain("state", "=", "done")
            & Domain("test_entry", "=", False),
            "date": "create_date",
            "fields": ["create_date", "survey_id"],
            "prepare": self._prepare_survey_entry,
        }

    def _prepare_survey_entry(self, answer):
        return {"title": answer.survey_id.sudo().title}  # sudo: what was asked, of an answer the user may read

    def _get_rating_source(self, partners):
        return {
            "kind": "rating",
            "label": self.env._("Ratings"),
            "icon": "fa-smile-o",
            "model": "rating.rating",
            "domain": self._get_rating_domain(partners),
            "date": "write_date",
            "fields": ["write_date", "rating", "rating_text", "feedback", "res_model", "res_id"],
            "prepare": self._prepare_rating_entry,
        }

    def _prepare_rating_entry(self, rating):
        value = formatLang(self.env, rating.rating, digits=0)
        return {
            "title": f"{value}/5 · {self._get_label(rating, 'rating_text')}",
            "text": rating.feedback or "",
            "res_model": rating.res_model,
            "res_id": rating.res_id,
        }

    def _get_rating_domain(self, partners):
        """Return the domain of what these contacts gave marks for, on records the user may read.

        The host lets every employee read every rating.
        """
        given = Domain("partner_id", "in", partners.ids) & Domain("consumed", "=", True)
        # sudo: only which kinds of records were rated.
        models_rated = [model for (model,) in self.env["rating.rating"].sudo()._read_group(given, ["res_model"])]
        readable = [model for model in models_rated if model in self.env and self.env[model].has_access("read")]
        return given & Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", self.env[model]._search([])) for model in readable
        )

    # ------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------

    def crm_timeline_figures(self):
        """Add ``satisfaction`` (mean mark, 1 to 5) and ``rating_count``; left out where nobody was asked."""
        figures = super().crm_timeline_figures()
        ratings = self.env["rating.rating"]
        domain = self._get_rating_domain(self._crm_timeline_partners())
        ((mean, count),) = ratings._read_group(domain, [], ["rating:avg", "__count"])
        return {**figures, **({"satisfaction": round(mean, 1), "rating_count": count} if count else {})}
