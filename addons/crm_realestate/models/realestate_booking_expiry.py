from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

EXPIRE_BATCH = 100


class RealestateBooking(models.Model):
    """How bookings end, and who gets what they free."""

    _inherit = "realestate.booking"

    def _on_freed(self):
        """Give what became free to whoever waits first; the opportunity needs a new idea."""
        for booking in self:
            # sudo: as above.
            booking.lead_id.sudo()._ensure_next_step(
                self.env._("%(booking)s is over: propose alternatives", booking=booking.display_name)
            )
        self._promote_waiting()

    def _promote_waiting(self):
        """Hold freed properties for the first on the waiting list who can have all they want."""
        wanted = [("state", "=", "waiting"), ("line_ids.property_id", "in", self.line_ids.property_id.ids)]
        # sudo: those who wait are other agents' clients.
        for booking in self.sudo().search(wanted, order="id"):
            try:
                with self.env.cr.savepoint():
                    booking.write({"state": "held"})
            except UserError:
                continue  # somebody else has a part of it
            booking._notify_promoted()

    def _notify_promoted(self):
        """Tell the agent that the client's turn has come."""
        self.activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("%(property)s is yours: tell the client", property=self.property_id.display_name),
            user_id=self.user_id.id,
        )

    @api.model
    def _get_overdue_domain(self):
        """Return the domain of the holds whose time is over."""
        return Domain("state", "=", "held") & Domain("date_expiry", "<=", fields.Datetime.now())

    @api.model
    def _cron_expire(self):
        """Tidy up the holds that are over, serve the waiting lists, show the holds that begin."""
        self.env["realestate.property"]._refresh_availability()
        while True:
            due = self.search(self._get_overdue_domain(), order="date_expiry, id", limit=EXPIRE_BATCH)
            due = due.try_lock_for_update(allow_referencing=True)
            if not due:
                break
            due._expire()
            if not self.env["ir.cron"]._commit_progress(len(due)):
                break

    def _expire(self):
        """Note that the hold is over and tell the agent."""
        for booking in self:
            booking.write({"state": "expired"})
            booking.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._("The hold is over: does the client still want it?"),
                user_id=booking.user_id.id,
            )
