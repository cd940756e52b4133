from datetime import date, datetime

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestWorkingDays(TransactionCase):
    """Days and hours as a company works: its calendar, its holidays, no other's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company, cls.other = cls.env["res.company"].create([{"name": "Here"}, {"name": "Elsewhere"}])
        cls.company.resource_calendar_id.tz = "Europe/Madrid"
        leaves = cls.env["resource.calendar.leaves"]
        # A Friday here; Monday and Tuesday elsewhere.
        leaves.create(
            {
                "name": "Feast",
                "calendar_id": cls.company.resource_calendar_id.id,
                "date_from": "2026-11-19 23:00:00",
                "date_to": "2026-11-20 22:59:59",
            }
        )
        away = {"name": "Away", "date_from": "2026-11-22 23:00:00", "date_to": "2026-11-24 22:59:59"}
        leaves.create(away).company_id = cls.other

    def test_days(self):
        monday, next_monday = date(2026, 11, 16), date(2026, 11, 23)
        self.assertEqual(self.company._add_working_days(monday, 4), next_monday)
        self.assertEqual(self.company._add_working_days(monday, 0), monday)
        self.assertEqual(self.company._count_working_days(monday, next_monday), 4)
        self.assertEqual(self.company._count_working_days(next_monday, monday), 0)

    def test_without_a_calendar_monday_to_friday(self):
        self.company.resource_calendar_id = False
        self.assertEqual(self.company._add_working_days(date(2026, 11, 16), 5), date(2026, 11, 23))
        self.assertEqual(self.company._count_working_days(date(2026, 11, 16), date(2026, 11, 23)), 5)
        night = datetime(2026, 11, 20, 3)
        self.assertEqual(self.company._get_next_open(night), night)

    def test_open_again(self):
        """What lies in the working hours stays; a night, a feast and a weekend end at eight on Monday, in Madrid."""
        self.assertEqual(self.company._get_next_open(datetime(2026, 11, 19, 9)), datetime(2026, 11, 19, 9))
        self.assertEqual(self.company._get_next_open(datetime(2026, 11, 19, 19)), datetime(2026, 11, 23, 7))
