"""Fields that are asked only when another one says so. No database here.

A condition is ``{"key", "op", "value"}``; ``op`` is ``is``, ``is_not`` or ``filled``. It looks at a
field further up. Servers decide what counts; on pages a style sheet hides the rest, without a script.
"""

BOXES = ("checkbox", "consent")


def holds(condition, clean):
    """Tell whether a condition holds for clean values.

    >>> holds({"key": "want", "op": "is", "value": "Sell"}, {"want": "Sell"})
    True
    >>> holds({"key": "want", "op": "is_not", "value": "Sell"}, {"want": ["Sell", "Buy"]})
    False
    >>> holds({"key": "want", "op": "filled", "value": ""}, {}), holds(None, {})
    (False, True)
    """
    if not condition:
        return True
    value = clean.get(condition["key"])
    if condition["op"] == "filled":
        return bool(value)
    same = condition["value"] in value if isinstance(value, list) else str(value or "") == condition["value"]
    return same == (condition["op"] == "is")


def style(fields, scope="form"):
    """Return the style rules that hide what is not asked now.

    Browsers without ``:has()`` show all fields; the server drops what does not count.

    >>> want = {"key": "want", "type": "radio"}
    >>> depends = {"key": "size", "type": "number", "if": {"key": "want", "op": "is", "value": "Sell"}}
    >>> print(style([want, depends]))
    form:not(:has([name="want"][value="Sell"]:checked)) [data-field="size"]{display:none}

    What comes from people is escaped: it may stand in a page as it is, and must, for pages do not unescape there.
    """
    by_key = {field["key"]: field for field in fields if field.get("key")}
    rules = []
    for field in fields:
        condition, hidden = field.get("if"), (field.get("group") or field)["key"]
        while condition and condition["key"] in by_key:
            source = by_key[condition["key"]]
            rules.append(f'{_unless(condition, source, scope)} [data-field="{hidden}"]{{display:none}}')
            # What depends on a field that is hidden itself is hidden, too.
            condition = source.get("if")
    return "\n".join(dict.fromkeys(rules))


def _unless(condition, source, scope):
    """Return the selector of a form in which a condition does not hold."""
    selector = f":has({_selector(condition, source)})"
    return f"{scope}{selector}" if condition["op"] == "is_not" else f"{scope}:not({selector})"


def _selector(condition, source):
    """Return the selector of what is chosen, ticked or written."""
    name, value = f'[name="{condition["key"]}"]', f'[value="{escape(condition["value"])}"]'
    kind, filled = source["type"], condition["op"] == "filled"
    if kind in ("choice", "country"):
        return f"{name} option:checked" + (':not([value=""])' if filled else value)
    if kind in ("radio", "multi", "rating", *BOXES):
        return name + ("" if filled else value) + ":checked"
    return f"{name}:not(:placeholder-shown)"


def escape(value):
    r"""Return a text that is safe inside a string of a style sheet, and inside HTML.

    >>> escape('a"</style>')
    'a\\22 \\3c \\2f style\\3e '
    """
    return "".join(char if char.isalnum() and char.isascii() else f"\\{ord(char):x} " for char in value)
