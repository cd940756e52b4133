"""The life cycle of a customer: which event leads where. No database here."""

# The way forward, in order; whoever goes aside comes back to it.
FORWARD = ("lead", "prospect", "customer", "supported")

# event: {stage: next stage}; what is not here does not move. An event never leads back.
TRANSITIONS = {
    "lead": {None: "lead", "lost": "lead"},
    "quote": {None: "prospect", "lead": "prospect", "lost": "prospect"},
    "order": {None: "customer", "lead": "customer", "prospect": "customer", "lost": "customer"},
    "case": {"customer": "supported"},
    "lost": {None: "lost", "lead": "lost", "prospect": "lost"},
    "silence": dict.fromkeys(FORWARD, "dormant"),
}
# These wake nobody up.
QUIET = ("lost", "silence")


def next_stage(stage, event, before=None):
    """Return the stage after an event, or the same.

    :param stage: where the customer is, or None
    :param event: a key of ``TRANSITIONS``
    :param before: where a dormant customer was before

    >>> next_stage(None, "lead"), next_stage("lead", "order"), next_stage("customer", "lead")
    ('lead', 'customer', 'customer')

    Whoever comes back after a silence is what they were, or further:

    >>> next_stage("dormant", "lead", "customer"), next_stage("dormant", "order", "lead")
    ('customer', 'customer')
    >>> next_stage("dormant", "silence", "customer")
    'dormant'
    """
    stage = stage or None
    if stage == "dormant":
        return stage if event in QUIET else next_stage(before, event)
    return TRANSITIONS[event].get(stage, stage)


def furthest(stages):
    """Return the stage of one customer who was known several times.

    >>> furthest(["lead", None, "customer"]), furthest(["dormant", "lost"]), furthest([None])
    ('customer', 'dormant', None)
    """
    order = (None, "lost", "dormant", *FORWARD)
    return max((stage or None for stage in stages), key=order.index)


def rows():
    """Return the table as (event, stage, next stage, rank): the greatest rank of several events wins.

    >>> [row for row in rows() if row[0] == "case"]
    [('case', 'customer', 'supported', 3)]
    """
    rank = {stage: number for number, stage in enumerate(FORWARD)}
    return [
        (event, stage, target, rank.get(target, -1))
        for event, moves in TRANSITIONS.items()
        for stage, target in moves.items()
    ]
