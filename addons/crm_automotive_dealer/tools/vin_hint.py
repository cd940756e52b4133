"""Who built a car, where and when, as its number suggests; silent without the package ``vininfo``. No database here."""

import re

try:
    import vininfo
except ImportError:  # an optional package: without it there are no hints
    vininfo = None

YEARS_SHOWN = 2


def hint(number):
    """Return {maker, country, years} of a sound number, as far as they are known; nothing else depends on it.

    The year's letter comes again after thirty years, so there may be two.

    >>> hint("short")
    {}
    """
    if not vininfo:
        return {}
    try:
        vin = vininfo.Vin(number)
        maker, country, years = vin.manufacturer, vin.country, vin.years[:YEARS_SHOWN]
    except Exception:  # noqa: BLE001 - a hint of somebody else's tables must never stop a person who registers a car
        return {}
    known = maker if maker and not re.match("unsupported|unknown", maker, re.I) else ""
    found = {"maker": known, "country": country or "", "years": years}
    return {name: value for name, value in found.items() if value}
