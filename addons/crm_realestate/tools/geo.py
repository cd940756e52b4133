"""Distances on the globe. No database here."""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0


def distance(first, second):
    """Return the kilometres between two (latitude, longitude) in degrees, as the crow flies.

    >>> round(distance((41.3874, 2.1686), (40.4168, -3.7038)))
    505
    >>> distance((1.0, 1.0), (1.0, 1.0))
    0.0
    """
    latitude_1, longitude_1, latitude_2, longitude_2 = map(radians, (*first, *second))
    haversine = (
        sin((latitude_2 - latitude_1) / 2) ** 2
        + cos(latitude_1) * cos(latitude_2) * sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return 2 * EARTH_KM * asin(sqrt(haversine))


def directions_url(stops):
    """Return the address that shows the way along stops (latitude, longitude); None for fewer than one.

    >>> directions_url([(41.1, 1.2), (41.2, 1.3), (41.3, 1.4)])
    'https://www.google.com/maps/dir/?api=1&travelmode=driving&destination=41.3,1.4&waypoints=41.1,1.2%7C41.2,1.3'
    >>> directions_url([])
    """
    if not stops:
        return None
    *between, last = [f"{round(latitude, 6)},{round(longitude, 6)}" for latitude, longitude in stops]
    url = f"https://www.google.com/maps/dir/?api=1&travelmode=driving&destination={last}"
    return f"{url}&waypoints={'%7C'.join(between)}" if between else url
