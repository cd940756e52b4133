"""Cut an amount into parts that add up to it, to the last cent."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal


def split(total, weights, step, coin=0):
    """Return the parts of an amount, each a multiple of the currency's smallest step.

    Largest remainder: everybody gets the whole steps of their share, what is left goes one step each
    to the largest fractions (the earlier part first when they are equal).

    :param total: the amount, zero or more
    :param weights: the shares, in any unit
    :param step: the rounding of the currency
    :param coin: the smallest coin, where that is more: then all but the last part can be paid in cash

    >>> split(100, [1, 1, 1], 0.01)
    [33.34, 33.33, 33.33]
    >>> split(145.05, [30, 70], 0.01)
    [43.52, 101.53]
    >>> split(1000, [33.33, 66.67], 1.0)
    [333.0, 667.0]
    >>> split(0.01, [10, 90], 0.01)
    [0.0, 0.01]
    >>> split(1.001, [50, 50], 0.001)
    [0.501, 0.5]
    >>> split(100.02, [30, 70], 0.01, 0.05)
    [30.0, 70.02]
    >>> split(0.04, [50, 50], 0.01, 0.05)
    [0.0, 0.04]
    >>> split(-1, [1], 0.01)
    Traceback (most recent call last):
    ...
    ValueError: only amounts of zero or more can be split
    """
    if total < 0:
        raise ValueError("only amounts of zero or more can be split")
    unit = Decimal(str(step))
    units = (Decimal(repr(float(total))) / unit).to_integral_value(ROUND_HALF_UP)
    if coin > step:
        paid = split(float(units * unit // Decimal(str(coin)) * Decimal(str(coin))), weights, coin)[:-1]
        return [*paid, float(units * unit - sum(Decimal(str(part)) for part in paid))]
    shares = [Decimal(str(weight)) for weight in weights]
    exact = [units * share / sum(shares) for share in shares]
    parts = [value.to_integral_value(ROUND_FLOOR) for value in exact]
    by_fraction = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in by_fraction[: int(units - sum(parts))]:
        parts[index] += 1
    return [float(part * unit) for part in parts]
