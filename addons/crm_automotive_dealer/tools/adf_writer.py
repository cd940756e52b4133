"""Write ADF 1.0 (Auto-lead Data Format), strictly: elements in the order of its DTD, only the values it lists."""

from lxml import etree

from .adf import INTERESTS

PROLOGS = b'<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n'
MIME_TYPE = "application/x-adf+xml"


def write(lead):
    """Return one lead as a document.

    :param lead: dict: ``ids`` (list of [source, id], in the order of the hops), ``requested`` (ISO 8601 with offset),
        ``vehicles`` (list of dicts: interest, status, year, make, model, vin, stock, trim, odometer, color, comments),
        ``customer`` (dict: name, company, email, phone, street, city, zip, country, comments), ``vendor`` and
        ``provider`` (dicts: name, email, phone, ids)
    :return: bytes, UTF-8
    :raise ValueError: without a vehicle, or without a name and an address of the customer

    >>> text = write({"ids": [["us", "1"]], "requested": "2026-01-01T00:00:00+00:00", "vehicles": [{"make": "A & B"}],
    ...               "customer": {"name": "Ana", "email": "a@b.example"}, "vendor": {"name": "D"}, "provider": {}})
    >>> b"<make>A &amp; B</make>" in text, text.index(b"<customer>") < text.index(b"<vendor>")
    (True, True)
    """
    customer = lead["customer"]
    if not lead["vehicles"]:
        raise ValueError("vehicle")
    if not (customer.get("name") or customer.get("company")) or not (customer.get("email") or customer.get("phone")):
        raise ValueError("contact")
    root = etree.Element("adf")
    prospect = etree.SubElement(root, "prospect", status="new")
    _add_ids(prospect, lead["ids"])
    _add(prospect, "requestdate", lead["requested"])
    for vehicle in lead["vehicles"]:
        _add_vehicle(prospect, vehicle)
    _add_customer(prospect, customer)
    vendor = etree.SubElement(prospect, "vendor")
    _add_ids(vendor, lead["vendor"].get("ids", ()))
    _add(vendor, "vendorname", lead["vendor"].get("name") or "-")
    _add_contact(vendor, {"name": lead["vendor"].get("name") or "-", **lead["vendor"]})
    if lead["provider"].get("name"):
        provider = etree.SubElement(prospect, "provider")
        _add_ids(provider, lead["provider"].get("ids", ()))
        _add(provider, "name", lead["provider"]["name"])
        _add(provider, "email", lead["provider"].get("email"))
    return PROLOGS + etree.tostring(root, encoding="UTF-8", pretty_print=True)


def _add(parent, name, text, **attributes):
    """Append an element unless there is nothing to say."""
    if text:
        etree.SubElement(parent, name, **attributes).text = str(text)


def _add_ids(parent, ids):
    for hop, (source, value) in enumerate(ids, 1):
        _add(parent, "id", value, sequence=str(hop), source=source)


def _add_vehicle(parent, vehicle):
    interest = vehicle.get("interest") if vehicle.get("interest") in INTERESTS else "buy"
    status = "used" if vehicle.get("status") == "used" else "new"
    element = etree.SubElement(parent, "vehicle", interest=interest, status=status)
    for name in ("year", "make", "model"):  # the DTD wants all three
        etree.SubElement(element, name).text = str(vehicle.get(name) or "")
    for name in ("vin", "stock", "trim"):
        _add(element, name, vehicle.get(name))
    _add(element, "odometer", vehicle.get("odometer"), units="km")
    if vehicle.get("color"):
        color = etree.SubElement(element, "colorcombination")
        _add(color, "exteriorcolor", vehicle["color"])
        _add(color, "preference", "1")
    _add(element, "comments", vehicle.get("comments"))


def _add_customer(parent, customer):
    element = etree.SubElement(parent, "customer")
    contact = _add_contact(element, customer)
    if customer.get("city") or customer.get("zip") or customer.get("street"):
        address = etree.SubElement(contact, "address")
        _add(address, "street", customer.get("street") or "-", line="1")
        for name, key in (("city", "city"), ("postalcode", "zip"), ("country", "country")):
            _add(address, name, customer.get(key))
    _add(element, "comments", customer.get("comments"))


def _add_contact(parent, data):
    contact = etree.SubElement(parent, "contact")
    if data.get("name"):
        _add(contact, "name", data["name"], part="full", type="individual")
    if data.get("company"):
        _add(contact, "name", data["company"], part="full", type="business")
    _add(contact, "email", data.get("email"))
    _add(contact, "phone", data.get("phone"), type="voice")
    return contact
