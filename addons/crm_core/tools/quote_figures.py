"""How far a quote is below the list, and what it leaves. Percentages."""


def discount(lines):
    """Return the percentage a quote is below list prices.

    Whatever way it was given: a discount on the line, a lower price typed in, or a line with a negative price.

    :param lines: tuples of list price, price, discount in percent, quantity

    >>> discount([(100, 100, 10, 1), (50, 50, 0, 2)])
    5.0
    >>> discount([(100, 80, 0, 1)])
    20.0
    >>> discount([(100, 100, 0, 1), (0, -30, 0, 1)])
    30.0
    >>> discount([(100, 120, 0, 1)]), discount([])
    (0.0, 0.0)
    """
    gross = sum(max(listed, price) * quantity for listed, price, _off, quantity in lines if price >= 0)
    net = sum(price * (1 - off / 100) * quantity for _listed, price, off, quantity in lines)
    return round(max(0.0, (1 - net / gross) * 100), 2) if gross > 0 else 0.0


def margin(net, cost):
    """Return the percentage of the net amount that is left after the cost.

    >>> margin(200, 150), margin(100, 130), margin(0, 10), margin(0, 0)
    (25.0, -30.0, -100.0, 0.0)
    """
    if not net:
        return -100.0 if cost else 0.0
    return round((net - cost) / abs(net) * 100, 2)
