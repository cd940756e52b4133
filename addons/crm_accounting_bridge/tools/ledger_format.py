"""What each outside ledger wants: entries (see :mod:`.ledger`) in, one file out."""

import datetime
import io
import unicodedata
from decimal import Decimal

import xlsxwriter

from . import ledger

# Xero takes no more invoices in one file.
XERO_MAX = 500
ZERO = Decimal(0)


# ------------------------------------------------------------
# Tables for people and spreadsheets
# ------------------------------------------------------------


def tables(entries):
    """Return the four tables of the general formats: (name, header, rows); rows hold text and ``Decimal``.

    >>> [name for name, _header, _rows in tables([])]
    ['invoices', 'taxes', 'items', 'customers']
    """
    invoices = [entry for entry in entries if entry["kind"] != "other"]
    return [
        ("invoices", INVOICE_HEADER, [row for entry in invoices for row in _invoice_rows(entry)]),
        ("taxes", TAX_HEADER, [row for entry in invoices for row in _tax_rows(entry)]),
        ("items", ITEM_HEADER, [row for entry in entries for row in _item_rows(entry)]),
        ("customers", CUSTOMER_HEADER, _customer_rows(entries)),
    ]


INVOICE_HEADER = (
    *("number", "kind", "date", "due", "customer_code", "customer", "vat", "reference", "description"),
    *("quantity", "price", "account", "tax", "untaxed", "total", "currency"),
)
TAX_HEADER = ("number", "date", "customer", "vat", "tax", "base", "amount", "currency")
ITEM_HEADER = (
    *("number", "date", "journal", "account", "account_name", "label", "customer_code", "debit", "credit"),
    *("amount_currency", "currency"),
)
CUSTOMER_HEADER = ("code", "account", "name", "vat", "email", "street", "zip", "city", "country")


def _invoice_rows(entry):
    partner = entry["partner"]
    head = [entry["number"], entry["kind"], entry["date"], entry["due"], partner["code"], partner["name"]]
    return [
        [
            *head,
            *(partner["vat"], entry["ref"], line["label"], line["quantity"], line["price"]),
            *(line["account"], line["tax"], line["untaxed"], line["total"], entry["currency"]),
        ]
        for line in entry["products"]
    ]


def _tax_rows(entry):
    partner = entry["partner"]
    head = [entry["number"], entry["date"], partner["name"], partner["vat"]]
    return [[*head, tax["name"], tax["base"], tax["amount"], entry["currency"]] for tax in entry["taxes"]]


def _item_rows(entry):
    head = [entry["number"], entry["date"], entry["journal"]]
    return [
        [
            *(*head, item["account"], item["name"], item["label"], entry["partner"]["code"] if item["partner"] else ""),
            *(item["debit"], item["credit"], item["amount_currency"], entry["currency"]),
        ]
        for item in entry["items"]
    ]


def _customer_rows(entries):
    partners = {entry["partner"]["code"]: entry["partner"] for entry in entries if entry["partner"]["code"]}
    return [[partner[name] for name in CUSTOMER_HEADER] for _code, partner in sorted(partners.items())]


def write_xlsx(sheets):
    """Return a workbook of (name, header, rows), the same every time; text is never a formula.

    >>> write_xlsx([("a", ["x"], [["=1"], [Decimal(2)]])]) == write_xlsx([("a", ["x"], [["=1"], [Decimal(2)]])])
    True
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime.datetime(1980, 1, 1)})
    for name, header, rows in sheets:
        sheet = book.add_worksheet(name)
        for at, row in enumerate([header, *rows] if header else rows):
            for column, cell in enumerate(row):
                if isinstance(cell, (Decimal, int)):
                    sheet.write_number(at, column, float(cell))
                else:
                    sheet.write_string(at, column, str(cell or ""))
    book.close()
    return buffer.getvalue()


def xlsx(entries):
    """Return the four tables as one workbook."""
    return write_xlsx(tables(entries))


def csv(entries):
    """Return the four tables as CSV files in an archive."""
    return ledger.write_zip([(f"{name}.csv", ledger.write_csv(header, rows)) for name, header, rows in tables(entries)])


# ------------------------------------------------------------
# Xero: sales invoices
# ------------------------------------------------------------

XERO_HEADER = (
    *("*ContactName", "EmailAddress", "*InvoiceNumber", "Reference", "*InvoiceDate", "*DueDate", "*Description"),
    *("*Quantity", "*UnitAmount", "*AccountCode", "*TaxType", "TaxAmount", "Currency"),
)


def xero(entries):
    """Return sales invoices as Xero imports them, 500 in a file; an archive when there are more.

    Amounts are without taxes; a credit note has negative quantities.
    """
    invoices = [entry for entry in entries if entry["kind"] != "other"]
    parts = [invoices[at : at + XERO_MAX] for at in range(0, len(invoices), XERO_MAX)] or [[]]
    files = [ledger.write_csv(XERO_HEADER, [row for entry in part for row in _xero_rows(entry)]) for part in parts]
    if len(files) == 1:
        return files[0]
    return ledger.write_zip([(f"xero_{number}.csv", content) for number, content in enumerate(files, start=1)])


def _xero_rows(entry):
    partner = entry["partner"]
    head = [partner["name"], partner["email"], entry["number"], entry["ref"], _day(entry["date"]), _day(entry["due"])]
    for line in entry["products"]:
        quantity, price = _exact_price(line)
        tax = line["total"] - line["untaxed"]
        yield [*head, line["label"], quantity, price, line["account"], line["tax"], tax, entry["currency"]]


def _exact_price(line):
    """Return quantity and price without taxes that give the untaxed amount to the cent, at most four decimals.

    >>> _exact_price({"quantity": Decimal(3), "untaxed": Decimal("10.00")})
    (Decimal('1'), Decimal('10.00'))
    >>> _exact_price({"quantity": Decimal(4), "untaxed": Decimal("10.00")})
    (Decimal('4'), Decimal('2.5000'))
    """
    quantity, untaxed = line["quantity"], line["untaxed"]
    if quantity:
        price = (untaxed / quantity).quantize(Decimal("0.0001"))
        if price * quantity == untaxed:
            return quantity, price
    return Decimal(1), untaxed


def _day(day):
    """Return a day as Xero and ContaSol write it.

    >>> _day("2026-11-24"), _day("")
    ('24/11/2026', '')
    """
    return "/".join(reversed(day.split("-"))) if day else ""


# ------------------------------------------------------------
# ContaPlus: the diary in fixed width
# ------------------------------------------------------------

# Name, width, kind (N number, C text, D date, L yes or no), decimals: the published record of XDiario.
CONTAPLUS = (
    *(("ASIEN", 6, "N", 0), ("FECHA", 8, "D", 0), ("SUBCTA", 12, "C", 0), ("CONTRA", 12, "C", 0)),
    *(("PTADEBE", 16, "N", 2), ("CONCEPTO", 25, "C", 0), ("PTAHABER", 16, "N", 2), ("FACTURA", 8, "N", 0)),
    *(("BASEIMPO", 16, "N", 2), ("IVA", 5, "N", 2), ("RECEQUIV", 5, "N", 2), ("DOCUMENTO", 10, "C", 0)),
    *(("DEPARTA", 3, "C", 0), ("CLAVE", 6, "C", 0), ("ESTADO", 1, "C", 0), ("NCASADO", 6, "N", 0)),
    *(("TCASADO", 1, "N", 0), ("TRANS", 6, "N", 0), ("CAMBIO", 16, "N", 6), ("DEBEME", 16, "N", 2)),
    *(("HABERME", 16, "N", 2), ("AUXILIAR", 1, "C", 0), ("SERIE", 1, "C", 0), ("SUCURSAL", 4, "C", 0)),
    *(("CODDIVISA", 5, "C", 0), ("IMPAUXME", 16, "N", 2), ("MONEDAUSO", 1, "C", 0), ("EURODEBE", 16, "N", 2)),
    *(("EUROHABER", 16, "N", 2), ("BASEEURO", 16, "N", 2), ("NOCONV", 1, "L", 0), ("NUMEROINV", 10, "C", 0)),
)


def contaplus(entries):
    """Return the diary for ContaPlus (``XDiario.txt``): one line of fixed width for each journal item.

    The counterpart of the taxes is the customer, of the customer the first income account: ContaPlus refuses
    a tax line without it.
    """
    lines = []
    for number, entry in enumerate(entries, start=1):
        lines += [_contaplus_line(values) for values in _contaplus_values(number, entry)]
    return "".join(lines).encode("cp850", errors="replace")


def _contaplus_values(number, entry):
    customer = next((item["account"] for item in entry["items"] if item["partner"]), "")
    other = next((item["account"] for item in entry["items"] if not item["partner"]), "")
    for item in entry["items"]:
        yield {
            "ASIEN": number,
            "FECHA": entry["date"].replace("-", ""),
            "SUBCTA": item["account"],
            "CONTRA": other if item["partner"] else customer,
            "CONCEPTO": f"{entry['number']} {entry['partner']['name']}",
            "FACTURA": _digits(entry["number"]),
            "DOCUMENTO": entry["number"][-5:],
            "IVA": item["tax_rate"],
            "MONEDAUSO": "2",
            "EURODEBE": item["debit"],
            "EUROHABER": item["credit"],
            "BASEEURO": item["tax_base"],
            "NOCONV": "F",
        }


def _digits(number):
    """Return the last digits of a number, as ContaPlus wants an invoice.

    >>> _digits("INV/2026/00017"), _digits("MISC")
    (17, 0)
    """
    digits = "".join(char for char in number.split("/")[-1] if char.isdigit())
    return int(digits[-8:] or 0)


def _contaplus_line(values):
    return "".join(_field(values.get(name), *shape) for name, *shape in CONTAPLUS) + "\r\n"


def _field(value, width, kind, decimals):
    """Return one field in its width.

    >>> _field(Decimal("12.5"), 8, "N", 2), _field("Peña & Cía", 8, "C", 0), _field(None, 3, "C", 0)
    ('   12.50', 'PENA & C', '   ')
    """
    if kind == "N":
        text = ledger.money(Decimal(value or 0), decimals).rjust(width)
        if len(text) > width:
            raise ValueError(f"{text} does not fit into {width} characters")
        return text
    return plain(value)[:width].ljust(width)


def plain(text):
    """Return text in capitals without accents and control characters.

    >>> plain("Peña\\n& Cía")
    'PENA & CIA'
    """
    letters = unicodedata.normalize("NFKD", str(text or ""))
    clean = "".join(" " if char in "\r\n\t" else char for char in letters if not unicodedata.combining(char))
    return clean.upper()


# ------------------------------------------------------------
# ContaSol: the diary as a sheet
# ------------------------------------------------------------


def contasol(entries):
    """Return the diary for ContaSol (``APU.xlsx``), without a header row.

    Columns: diary, date, entry, line, account, pesetas (empty), concept, document, debit, credit, currency.
    """
    rows = []
    for number, entry in enumerate(entries, start=1):
        concept = f"{entry['number']} {entry['partner']['name']}".strip()[:60]
        for order, item in enumerate(entry["items"], start=1):
            place = [1, _day(entry["date"]), number, order, item["account"], ""]
            rows.append([*place, concept, entry["number"][-5:], item["debit"], item["credit"], "E"])
    return write_xlsx([("APU", None, rows)])


FORMATS = {
    "xlsx": (xlsx, "xlsx"),
    "csv": (csv, "zip"),
    "xero": (xero, "csv"),
    "contaplus": (contaplus, "txt"),
    "contasol": (contasol, "xlsx"),
}
