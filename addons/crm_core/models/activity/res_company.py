from datetime import datetime, time, timedelta

import pytz

from odoo import models

from ...tools.working_days import add_working_days, working_days

# Days within which a company opens again.
LOOK_AHEAD = 30


class ResCompany(models.Model):
    """The days on which a company works: its working hours and public holidays, else Monday to Friday."""

    _inherit = "res.company"

    def _add_working_days(self, day, count):
        """Return the date that many working days after another.

        :param day: a date, where the company is; it does not count itself
        """
        calendar, begin = self._get_working_calendar(), day + timedelta(days=1)
        if not calendar or not count:
            return add_working_days(day, count)
        end = calendar.plan_days(count, self._get_midnight(calendar, begin), True, self._get_holiday_domain())
        return end.date() if end else add_working_days(day, count)

    def _count_working_days(self, first, last):
        """Return how many working days lie between two dates, the last one included."""
        calendar = self._get_working_calendar()
        if not calendar or last <= first:
            return working_days(first, last)
        bounds = [self._get_midnight(calendar, day + timedelta(days=1)) for day in (first, last)]
        intervals = calendar._work_intervals_batch(*bounds, domain=self._get_holiday_domain())[False]
        return len({start.date() for start, _stop, _meta in intervals})

    def _get_next_open(self, moment):
        """Return the first moment (UTC) from that one on at which the company works: itself, or when it opens."""
        calendar, begin = self._get_working_calendar(), pytz.utc.localize(moment)
        if not calendar:
            return moment
        end = begin + timedelta(days=LOOK_AHEAD)
        intervals = calendar._work_intervals_batch(begin, end, domain=self._get_holiday_domain())[False]
        first = next((start for start, _stop, _meta in intervals), begin)
        return first.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_working_calendar(self):
        # sudo: when a company works is no secret.
        return self.sudo().resource_calendar_id

    def _get_midnight(self, calendar, day):
        return pytz.timezone(calendar.tz).localize(datetime.combine(day, time.min))

    def _get_holiday_domain(self):
        """Return what counts as a holiday; the host asks for no company, and a calendar may be of several."""
        return [("time_type", "=", "leave"), ("company_id", "in", [False, self.id])]
