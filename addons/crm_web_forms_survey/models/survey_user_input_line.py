from odoo import models


class SurveyUserInputLine(models.Model):
    _inherit = "survey.user_input.line"

    def _get_intake_text(self):
        """Return an answer as text, that of a matrix with its row."""
        self.ensure_one()
        value = self._get_answer_value()
        if self.answer_type == "suggestion":
            value = value or self.suggested_answer_id.value_image_filename
        row = self.matrix_row_id.value
        return f"{row}: {value}" if row else str(value or "")
