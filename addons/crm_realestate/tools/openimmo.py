"""Write a transfer of OpenImmo 1.2.7, one property at a time. No database here.

The format is a sequence: the order of the elements matters and is the order of the dicts below.
"""

from lxml import etree

from .kyero import clean

# Our categories: (element of objektart, attribute, value)
KINDS = {
    "flat": ("wohnung", "wohnungtyp", "ETAGE"),
    "penthouse": ("wohnung", "wohnungtyp", "PENTHOUSE"),
    "studio": ("wohnung", "wohnungtyp", "APARTMENT"),
    "house": ("haus", "haustyp", "EINFAMILIENHAUS"),
    "villa": ("haus", "haustyp", "VILLA"),
    "townhouse": ("haus", "haustyp", "REIHENHAUS"),
    "premises": ("einzelhandel", "handel_typ", "LADENLOKAL"),
    "office": ("buero_praxen", "buero_typ", "BUEROFLAECHE"),
    "industrial": ("hallen_lager_prod", "hallen_typ", "HALLE"),
    "parking": ("parken", "parken_typ", "STELLPLATZ"),
    "storage": ("sonstige", "sonstige_typ", "SONSTIGE"),
    "land": ("grundstueck", "grundst_typ", "WOHNEN"),
    "building": ("zinshaus_renditeobjekt", "zins_typ", "MEHRFAMILIENHAUS"),
}
COMMERCIAL = ("premises", "office", "industrial")


def write(target, header, rows):
    """Write a full transfer.

    :param target: binary file
    :param header: ``generated`` (ISO 8601), ``firm``, ``email``, ``number`` (of the agency)
    :param rows: dicts as :func:`to_element` takes them
    :return: how many were written
    """
    count = 0
    with etree.xmlfile(target, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element("openimmo"):
            attributes = {
                "art": "ONLINE",
                "umfang": "VOLL",
                "modus": "NEW",
                "version": "1.2.7",
                "sendersoftware": "CRM Suite",
                "senderversion": "1",
                "techn_email": header["email"],
                "timestamp": header["generated"],
            }
            xml.write(etree.Element("uebertragung", attributes))
            with xml.element("anbieter"):
                xml.write(_text("firma", header["firm"]))
                xml.write(_text("openimmo_anid", header["number"]))
                for row in rows:
                    xml.write(to_element(row))
                    count += 1
    return count


def to_element(row):
    """Return the ``immobilie`` element of a row.

    :param row: ``id``, ``ref``, ``operation`` (sale, rent), ``type`` (a code of ours), ``zip``, ``town``, ``street``,
        ``country`` (ISO 3166 alpha 3), ``latitude``, ``longitude``, ``price``, ``currency`` (ISO 4217), ``area_built``,
        ``area_plot``, ``beds``, ``baths``, ``year``, ``energy``, ``taken``, ``title``, ``text``, ``images``,
        ``date`` (ISO), ``contact``, ``contact_email``, ``contact_phone``

    >>> row = {"id": "1", "ref": "A-1", "operation": "sale", "type": "flat", "town": "Brisamar", "price": 5,
    ...        "currency": "EUR", "title": "Flat", "taken": True, "date": "2026-01-01", "contact": "Roca"}
    >>> [child.tag for child in to_element(row)]
    ['objektkategorie', 'geo', 'kontaktperson', 'preise', 'zustand_angaben', 'freitexte', 'verwaltung_techn']
    >>> to_element(row).find("zustand_angaben/verkaufstatus").get("stand")
    'RESERVIERT'
    """
    element = etree.Element("immobilie")
    rent = row["operation"] == "rent"
    element.append(_category(row, rent))
    element.append(_geo(row))
    contact = {
        "email_zentrale": row.get("contact_email"),
        "tel_zentrale": row.get("contact_phone"),
        "name": row["contact"],
    }
    element.append(_group("kontaktperson", contact))
    price = _group("preise", {"kaltmiete" if rent else "kaufpreis": row.get("price")})
    etree.SubElement(price, "waehrung", iso_waehrung=row.get("currency") or "EUR")
    element.append(price)
    areas = {
        "wohnflaeche": row.get("area_built"),
        "grundstuecksflaeche": row.get("area_plot"),
        "anzahl_schlafzimmer": row.get("beds"),
        "anzahl_badezimmer": row.get("baths"),
    }
    if any(areas.values()):
        element.append(_group("flaechen", areas))
    element.append(_condition(row))
    element.append(_group("freitexte", {"objekttitel": row["title"], "objektbeschreibung": row.get("text")}))
    if row.get("images"):
        element.append(_attachments(row["images"]))
    element.append(_technical(row))
    return element


def _category(row, rent):
    category = etree.Element("objektkategorie")
    commercial = row.get("type") in COMMERCIAL
    etree.SubElement(
        category, "nutzungsart", WOHNEN=_flag(not commercial), GEWERBE=_flag(commercial), ANLAGE="false", WAZ="false"
    )
    etree.SubElement(category, "vermarktungsart", KAUF=_flag(not rent), MIETE_PACHT=_flag(rent))
    kind, attribute, value = KINDS.get(row.get("type"), ("sonstige", "sonstige_typ", "SONSTIGE"))
    etree.SubElement(etree.SubElement(category, "objektart"), kind, {attribute: value})
    return category


def _geo(row):
    geo = _group("geo", {"plz": row.get("zip"), "ort": row.get("town")})
    if row.get("latitude") or row.get("longitude"):
        etree.SubElement(geo, "geokoordinaten", breitengrad=str(row["latitude"]), laengengrad=str(row["longitude"]))
    if row.get("street"):
        geo.append(_text("strasse", row["street"]))
    if row.get("country"):
        etree.SubElement(geo, "land", iso_land=row["country"])
    return geo


def _condition(row):
    condition = _group("zustand_angaben", {"baujahr": row.get("year")})
    if row.get("energy"):
        condition.append(_group("energiepass", {"wertklasse": row["energy"]}))
    etree.SubElement(condition, "verkaufstatus", stand="RESERVIERT" if row.get("taken") else "OFFEN")
    return condition


def _attachments(images):
    group = etree.Element("anhaenge")
    for number, (address, is_plan) in enumerate(images):
        kind = "GRUNDRISS" if is_plan else "TITELBILD" if number == 0 else "BILD"
        attachment = etree.SubElement(group, "anhang", location="REMOTE", gruppe=kind)
        attachment.append(_text("format", "image/jpeg"))
        attachment.append(_group("daten", {"pfad": address}))
    return group


def _technical(row):
    technical = _group("verwaltung_techn", {"objektnr_intern": row["id"], "objektnr_extern": row["ref"]})
    etree.SubElement(technical, "aktion")
    technical.append(_text("openimmo_obid", row["id"]))
    technical.append(_text("stand_vom", row["date"]))
    return technical


def _group(name, values):
    """Return an element with a child for each value that is known."""
    element = etree.Element(name)
    element.extend(_text(child, value) for child, value in values.items() if value)
    return element


def _text(name, value):
    element = etree.Element(name)
    element.text = clean(str(value or ""))
    return element


def _flag(value):
    return "true" if value else "false"
