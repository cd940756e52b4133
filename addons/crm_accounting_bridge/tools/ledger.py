"""Journal entries as plain data, and what every ledger file has in common.

An entry is a dict: ``number``, ``date``, ``due`` (``YYYY-MM-DD`` or ""), ``journal``, ``ref``, ``kind`` (``invoice``,
``refund``, ``other``), ``currency`` and

- ``partner``: dict ``code``, ``account``, ``name``, ``vat``, ``email``, ``street``, ``zip``, ``city``, ``country``;
- ``items``: dicts ``account``, ``name``, ``label``, ``debit``, ``credit``, ``amount_currency``, ``partner`` (bool),
  ``tax_base``, ``tax_rate``;
- ``products``: dicts ``label``, ``quantity``, ``price``, ``account``, ``tax``, ``untaxed``, ``total``;
- ``taxes``: dicts ``name``, ``base``, ``amount``.

Amounts are ``Decimal``; products and taxes of a credit note are below zero.
"""

import csv
import io
import zipfile
from decimal import Decimal

# Spreadsheets take text that begins like this for a formula (CWE-1236).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def guard(text):
    """Return text that no spreadsheet runs as a formula.

    >>> guard("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    >>> guard("@SUM(A1)")[0]
    "'"
    >>> guard(" plain"), guard("")
    (' plain', '')
    """
    text = str(text or "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def money(amount, decimals=2):
    """Return an amount as text, a point before the decimals, nothing else.

    >>> money(Decimal("-12.5")), money(Decimal("1234567.005"), 3), money(Decimal("-0.00"))
    ('-12.50', '1234567.005', '0.00')
    """
    text = f"{amount:.{decimals}f}"
    return text.lstrip("-") if not Decimal(text) else text


def fit_account(code, length):
    """Return an account code of exactly this length; zeros are put in or taken out at the end.

    >>> fit_account("430000", 8), fit_account("43000000", 6), fit_account("700", 0)
    ('43000000', '430000', '700')
    >>> fit_account("43000017", 6)
    Traceback (most recent call last):
    ...
    ValueError: 43000017 does not fit into 6 digits
    """
    if not length:
        return code
    while len(code) > length and code.endswith("0"):
        code = code[:-1]
    if len(code) > length:
        raise ValueError(f"{code} does not fit into {length} digits")
    return code.ljust(length, "0")


def customer_account(prefix, number, length):
    """Return the account of one customer: a prefix and the number of the customer.

    >>> customer_account("430", 17, 8)
    '43000017'
    >>> customer_account("430", 123456, 8)
    Traceback (most recent call last):
    ...
    ValueError: 430 and 123456 do not fit into 8 digits
    """
    digits = str(number)
    if len(prefix) + len(digits) > length:
        raise ValueError(f"{prefix} and {digits} do not fit into {length} digits")
    return prefix + digits.rjust(length - len(prefix), "0")


def unbalanced(entries):
    """Return the numbers of the entries whose debit is not their credit.

    >>> line = {"debit": Decimal(1), "credit": Decimal(0)}
    >>> unbalanced([{"number": "A", "items": [line]}, {"number": "B", "items": []}])
    ['A']
    """
    return [entry["number"] for entry in entries if sum(item["debit"] - item["credit"] for item in entry["items"])]


def totals(entries):
    """Return the sum of debit and credit of all entries.

    >>> totals([{"items": [{"debit": Decimal("1.50"), "credit": Decimal(0)}]}])
    (Decimal('1.50'), Decimal('0'))
    """
    items = [item for entry in entries for item in entry["items"]]
    zero = Decimal(0)
    return sum((item["debit"] for item in items), zero), sum((item["credit"] for item in items), zero)


def write_csv(header, rows, separator=",", encoding="utf-8-sig"):
    """Return a CSV file; text is guarded, ``Decimal`` stays a number.

    >>> write_csv(["a", "b"], [["=1", Decimal("-2.50")]], encoding="utf-8")
    b"a,b\\r\\n'=1,-2.50\\r\\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell if isinstance(cell, Decimal) else guard(cell) for cell in row])
    return buffer.getvalue().encode(encoding, errors="replace")


def write_zip(files):
    """Return the files, a list of (name, content), in an archive that is the same every time.

    >>> write_zip([("a", b"1")]) == write_zip([("a", b"1")])
    True
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
