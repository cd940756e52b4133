from lxml import etree

from odoo.tests import tagged

from .common import RealEstateCase

# A list wider than this is cut off on a telephone.
COLUMNS_OF_A_PHONE = 3
# What needs a record that is kept.
AFTER_SAVING = {
    "realestate.property": {
        "action_new_visit", "action_find_visit", "action_new_booking", "action_publish", "action_withdraw",
    },
    "realestate.visit": {"action_cancel", "action_find_time"},
    "realestate.demand": {"action_open_matches", "action_pause", "action_win", "action_lose"},
    "realestate.mandate": {"action_open_crm_documents", "action_cancel"},
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestScreens(RealEstateCase):
    def _get_form(self, model):
        views = self.env[model].with_user(self.manager).get_views([(False, "form")])["views"]
        return etree.fromstring(views["form"]["arch"])

    def _get_models(self):
        return sorted(
            name
            for name, model in self.env.items()
            if name.startswith("realestate.")
            and not model._abstract
            and model.with_user(self.manager).has_access("read")
        )

    def _count_columns(self, listed):
        """Return how many columns a list always shows."""
        hidden = ("column_invisible", "optional")
        columns = listed.xpath("./field[not(@widget='handle')]")
        return sum(1 for column in columns if not any(column.get(name) for name in hidden))

    def test_wide_lists_in_forms_have_cards_for_telephones(self):
        seen = 0
        for model in self._get_models():
            for listed in self._get_form(model).iter("list"):
                if self._count_columns(listed) > COLUMNS_OF_A_PHONE:
                    seen += 1
                    field = listed.getparent()
                    self.assertIsNotNone(field.find("kanban"), f"{model}: {field.get('name')}")
        self.assertGreaterEqual(seen, 5)

    def test_nothing_is_offered_before_there_is_a_record(self):
        for model, names in AFTER_SAVING.items():
            buttons = self._get_form(model).xpath("//header/button[@type='object']")
            found = {button.get("name"): button.get("invisible") or "" for button in buttons}
            for name in names:
                self.assertIn(name, found, model)
                self.assertTrue(found[name].startswith("not id or "), f"{model}: {name}")
