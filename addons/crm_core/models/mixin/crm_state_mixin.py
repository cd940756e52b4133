from odoo import models
from odoo.exceptions import UserError


class CrmStateMixin(models.AbstractModel):
    """A record whose ``state`` moves along one table of allowed steps, whoever writes it."""

    _name = "crm.state.mixin"
    _description = "State Along a Table"

    # {state: states that may follow}; every state is a key.
    _transitions = {}

    def write(self, vals):
        """Refuse steps that are not in the table; tell the record which step it made."""
        moved = self._filter_moving(vals["state"]) if "state" in vals else self.browse()
        result = super().write(vals)
        if moved:
            moved._on_state(vals["state"])
        return result

    def _filter_moving(self, state):
        """Return the records for which this state is new.

        :raise UserError: the table does not allow the step
        """
        moving = self.filtered(lambda record: record.state != state)
        for record in moving:
            if state not in self._transitions[record.state]:
                raise UserError(record._get_refusal(state))
        return moving

    def _get_refusal(self, state):
        """Return the sentence that says why a step is refused and which ones are possible."""
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        following = ", ".join(labels[name] for name in self._transitions[self.state])
        return self.env._(
            "%(record)s is “%(state)s” and cannot become “%(target)s”. What can follow: %(following)s.",
            record=self.display_name,
            state=labels[self.state],
            target=labels.get(state, state),
            following=following or self.env._("nothing, it is finished"),
        )

    def _on_state(self, state):
        """Do what entering a state starts; to be extended. Called once for each real step."""
