"""What differs between two revisions of a quote."""

# Amounts that follow from the others are shown once, in the totals.
DERIVED = {"subtotal"}


def compare(before, after, digits=6):
    """Return the differences between two quotes as a list of changes, in the order of the newer one.

    A quote is ``{"lines": {key: {...}}, "terms": {...}, "totals": {...}}``. A change is a dict: ``kind``
    (added, removed, changed, terms or totals), ``title`` and ``fields``, each with name, before, after.

    >>> old = {"lines": {1: {"name": "Advice", "price": 100.0}, 2: {"name": "Travel", "price": 30.0}},
    ...        "terms": {"note": "30 days"}, "totals": {"amount_total": 130.0}}
    >>> new = {"lines": {1: {"name": "Advice", "price": 90.0}, 7: {"name": "Report", "price": 40.0}},
    ...        "terms": {"note": "30 days"}, "totals": {"amount_total": 130.0}}
    >>> for change in compare(old, new):
    ...     print(change["kind"], change["title"], [(f["name"], f["before"], f["after"]) for f in change["fields"]])
    changed Advice [('price', 100.0, 90.0)]
    added Report []
    removed Travel []
    >>> compare(old, old)
    []
    """
    changes = [
        _line(before["lines"].get(key), line, digits)
        for key, line in after["lines"].items()
        if _differ(before["lines"].get(key), line, digits)
    ]
    gone = [line for key, line in before["lines"].items() if key not in after["lines"]]
    changes += [{"kind": "removed", "title": line["name"], "fields": [], "line": line} for line in gone]
    for kind in ("terms", "totals"):
        fields = _fields(before[kind], after[kind], digits)
        if fields:
            changes.append({"kind": kind, "title": "", "fields": fields})
    return changes


def _line(before, after, digits):
    if before is None:
        return {"kind": "added", "title": after["name"], "fields": [], "line": after}
    return {"kind": "changed", "title": before["name"], "fields": _fields(before, after, digits)}


def _differ(before, after, digits):
    return before is None or bool(_fields(before, after, digits))


def _fields(before, after, digits):
    """Return name, before and after of what differs; amounts up to a rounding error are equal.

    >>> _fields({"price": 0.1 + 0.2, "note": "a"}, {"price": 0.3, "note": "b"}, 6)
    [{'name': 'note', 'before': 'a', 'after': 'b'}]
    """
    return [
        {"name": name, "before": before.get(name), "after": value}
        for name, value in after.items()
        if name not in DERIVED and not _same(before.get(name), value, digits)
    ]


def _same(one, other, digits):
    if isinstance(one, float) and isinstance(other, float):
        return round(one - other, digits) == 0
    return one == other
