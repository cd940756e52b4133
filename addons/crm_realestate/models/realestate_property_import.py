import io

import xlsxwriter

from odoo import api, models

# The columns of the sheet, in the order people fill them in; a path leads to the owners.
COLUMNS = (
    "ref",
    "name",
    "type_id",
    "operation",
    "price_sale",
    "price_rent",
    "zone_id",
    "street",
    "street2",
    "zip",
    "city",
    "beds",
    "baths",
    "area_built",
    "area_plot",
    "energy_rating",
    "feature_ids",
    "party_ids/partner_id",
    "party_ids/role",
    "party_ids/share",
)


class RealestateProperty(models.Model):
    """Properties from a sheet: the host's import, with its own test run, and a sheet to fill in."""

    _inherit = "realestate.property"

    @api.model
    def get_import_templates(self):
        """Offer the sheet to fill in."""
        return [
            {"label": self.env._("Sheet for properties"), "template": "/realestate/import/properties.xlsx"},
            *super().get_import_templates(),
        ]

    @api.model
    def _get_import_columns(self):
        """Return {path of a field: what its column is called in the language of the user}; a hook.

        The import knows the columns again by these names.
        """
        return {path: self._get_import_label(path) for path in COLUMNS}

    @api.model
    def _get_import_label(self, path):
        """Return the labels along a path."""
        model, labels = self, []
        for name in path.split("/"):
            field = model._fields[name]
            labels.append(field._description_string(self.env))
            model = self.env[field.comodel_name] if field.relational else model
        return "/".join(labels)

    @api.model
    def _prepare_import_rows(self):
        """Return the examples in the sheet, each {path: value}: something to sell, and something to let."""
        kinds = self.env["realestate.property.type"].search([], limit=2).mapped("name")
        features = self.env["realestate.feature"].search([], limit=2).mapped("name")
        zone = self.env["realestate.zone"].search([], order="parent_path desc", limit=1).complete_name
        sale, rent, _both = (label for _value, label in self._fields["operation"]._description_selection(self.env))
        return [
            {
                "ref": "EX-1", "name": self.env._("Bright flat with a terrace"), "type_id": kinds[:1],
                "operation": sale, "price_sale": 250000, "zone_id": zone, "beds": 3, "baths": 2, "area_built": 96,
                "energy_rating": "C", "feature_ids": features,
            },
            {
                "ref": "EX-2", "name": self.env._("Parking space near the market"), "type_id": kinds[1:],
                "operation": rent, "price_rent": 80, "zone_id": zone,
            },
        ]  # fmt: skip

    @api.model
    def _get_import_notes(self):
        """Return {path: what to write in its column}, where that does not go without saying."""
        return {
            "ref": self.env._("Empty: the next number."),
            "zone_id": self.env._("With what it is part of, as in the list of zones."),
            "feature_ids": self.env._("Several with a comma between them."),
            "party_ids/partner_id": self.env._(
                "E-mail, tax number or name of a contact. For a second owner one more line that is empty but for this."
            ),
        }

    @api.model
    def _make_import_sheet(self):
        """Return the sheet to fill in, as the bytes of an XLSX file."""
        target, columns = io.BytesIO(), self._get_import_columns()
        with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
            sheet = book.add_worksheet(self.env._("Properties"))
            sheet.write_row(0, 0, columns.values(), book.add_format({"bold": True}))
            sheet.set_column(0, len(columns) - 1, 18)
            for path, note in self._get_import_notes().items():
                sheet.write_comment(0, list(columns).index(path), note)
            for number, row in enumerate(self._prepare_import_rows(), 1):
                for place, path in enumerate(columns):
                    value = row.get(path)
                    value = ",".join(value) if isinstance(value, list) else value
                    sheet.write(number, place, value if value else "")
        return target.getvalue()
