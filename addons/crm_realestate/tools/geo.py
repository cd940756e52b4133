"""Distances on the globe. No database here."""

from itertools import pairwise
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


def short_way(places):
    """Return the order of a short way along places: from each to the nearest of those left, from the best one to begin.

    :param places: (latitude, longitude) in degrees; a handful
    :return: list of their indexes

    >>> short_way([(41.1, 1.0), (41.9, 1.0), (41.0, 1.0), (41.5, 1.0)])
    [1, 3, 0, 2]
    >>> short_way([])
    []
    """
    ways = [_nearest_next(places, first) for first in range(len(places))]
    return min(ways, key=lambda way: round(_length(places, way), 3), default=[])


def _nearest_next(places, first):
    """Return the order that begins with one place and goes to the nearest of those that are left."""
    left, way = set(range(len(places))) - {first}, [first]
    while left:
        here = places[way[-1]]
        way.append(min(left, key=lambda index: (distance(here, places[index]), index)))
        left.remove(way[-1])
    return way


def _length(places, way):
    """Return the kilometres of a way."""
    return sum(distance(places[one], places[other]) for one, other in pairwise(way))


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
