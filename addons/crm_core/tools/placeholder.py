"""The small language of document templates: what stands between ``{{`` and ``}}``.

    {{ buyer.name }}                 a field, over relations
    {{ buyer.street2? }}             may be empty
    {{ record.date_order | date }}   shown by a filter
    {{ record.order_line | table: name, product_uom_qty, price_subtotal }}

Names, dots and filters from a fixed list: no calls, no operators, nothing that is evaluated as code.
"""

import html
import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.S)
# A placeholder inside <...>: a link or an image whose address would come from the data.
IN_TAG = re.compile(r"<[^<>]*\{\{[^<>]*>")
NAME = r"[a-z](?:[a-z0-9]|_(?!_))*"
PATH = re.compile(rf"{NAME}(?:\.{NAME})*")
MOST_STEPS = 5

#: Filter -> (may it have arguments, what it does)
FILTERS = {
    "date": (False, "the day in words"),
    "datetime": (False, "day and hour"),
    "amount": (False, "a number with two decimals"),
    "upper": (False, "in capitals"),
    "identification": (False, "name, tax number and address of a contact"),
    "list": (False, "one line for each record"),
    "table": (True, "a table with the fields named"),
}


class PlaceholderError(ValueError):
    """What a person wrote between the braces cannot be understood.

    :param code: ``syntax``, ``formatting``, ``in_tag``, ``steps``, ``filter`` or ``arguments``
    :param text: the placeholder as written
    """

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Placeholder:
    """One placeholder, taken apart."""

    text: str
    path: tuple
    optional: bool = False
    filter: str = ""
    arguments: tuple = ()


def parse(text):
    """Take one placeholder apart.

    :param text: what stands between the braces
    :return: a :class:`Placeholder`
    :raise PlaceholderError: it is not one

    >>> parse(" buyer.name ").path
    ('buyer', 'name')
    >>> parse("buyer.street2?").optional
    True
    >>> found = parse("record.order_line | table: name, price_total")
    >>> found.filter, found.arguments
    ('table', ('name', 'price_total'))
    >>> parse("buyer.__class__")
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.placeholder.PlaceholderError: syntax: buyer.__class__
    >>> parse("buyer.name()")
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.placeholder.PlaceholderError: syntax: buyer.name()
    >>> parse("today | exec")
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.placeholder.PlaceholderError: filter: today | exec
    """
    if "<" in text:
        raise PlaceholderError("formatting", re.sub(r"<[^>]*>", "", text).strip())
    # Editors write a blank as &nbsp;
    text = html.unescape(text).replace("\xa0", " ").strip()
    expression, *filters = (part.strip() for part in text.split("|"))
    optional = expression.endswith("?")
    path = expression.removesuffix("?").strip()
    if not PATH.fullmatch(path) or len(filters) > 1:
        raise PlaceholderError("syntax", text)
    steps = tuple(path.split("."))
    if len(steps) > MOST_STEPS:
        raise PlaceholderError("steps", text)
    name, arguments = _parse_filter(filters[0], text) if filters else ("", ())
    return Placeholder(text, steps, optional, name, arguments)


def _parse_filter(source, text):
    """Return name and arguments of a filter."""
    name, _colon, rest = (part.strip() for part in source.partition(":"))
    if name not in FILTERS:
        raise PlaceholderError("filter", text)
    arguments = tuple(filter(None, (part.strip() for part in rest.split(","))))
    wants = FILTERS[name][0]
    if bool(arguments) != wants or not all(PATH.fullmatch(argument) for argument in arguments):
        raise PlaceholderError("arguments", text)
    return name, arguments


def find(source):
    """Return the placeholders of a text, in order.

    :param source: HTML
    :raise PlaceholderError: one of them cannot be understood, or stands where none may

    >>> [found.text for found in find("<p>{{ today }} and {{&nbsp;buyer.name&nbsp;}}</p>")]
    ['today', 'buyer.name']
    >>> find('<a href="{{ buyer.website }}">x</a>')
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.placeholder.PlaceholderError: in_tag: {{ buyer.website }}
    >>> find("<p>{{ <b>buyer</b>.name }}</p>")
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.placeholder.PlaceholderError: formatting: buyer.name
    """
    source = source or ""
    wrong = IN_TAG.search(source)
    if wrong:
        raise PlaceholderError("in_tag", PLACEHOLDER.search(f"{wrong[0]}}}}}")[0] or wrong[0])
    return [parse(match[1]) for match in PLACEHOLDER.finditer(source)]


def fill(source, value_of):
    """Replace the placeholders, each once: what a value says is never read again.

    :param source: HTML
    :param value_of: function from :class:`Placeholder` to HTML
    :return: HTML

    >>> fill("<p>{{ today }}</p>", lambda found: "{{ env }}")
    '<p>{{ env }}</p>'
    """
    return PLACEHOLDER.sub(lambda match: str(value_of(parse(match[1]))), source or "")
