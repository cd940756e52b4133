"""Addresses that are thrown away after a minute. No database here.

A short list of services that are well known; a company adds those it meets (system parameter
``crm_web_forms.disposable_domains``).
"""

DOMAINS = frozenset(
    """
    10minutemail.com 10minutemail.net 20minutemail.com 33mail.com burnermail.io byom.de discard.email
    discardmail.com dispostable.com dropmail.me emailfake.com emailondeck.com fakeinbox.com fakemail.net
    getairmail.com getnada.com grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info
    guerrillamail.net guerrillamail.org guerrillamailblock.com harakirimail.com incognitomail.org inboxbear.com
    inboxkitten.com jetable.org mail-temp.com mail.tm mailcatch.com maildrop.cc mailexpire.com mailinator.com
    mailinator.net mailnesia.com mailnull.com mailsac.com meltmail.com mintemail.com moakt.com mohmal.com
    mytemp.email nada.email sharklasers.com spam4.me spamgourmet.com spambog.com spamex.com temp-mail.io
    temp-mail.org tempail.com tempinbox.com tempmail.com tempmail.dev tempmail.net tempmailo.com tempr.email
    throwawaymail.com trash-mail.com trashmail.com trashmail.de trashmail.me trashmail.net wegwerfmail.de
    wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net
    """.split()
)


def is_disposable(address, more=""):
    """Tell whether an address is of such a service, or of a host below its domain.

    :param more: further domains, separated by blanks, commas or lines

    >>> is_disposable("a@mailinator.com"), is_disposable("a@x.YOPMAIL.com"), is_disposable("a@notyopmail.com")
    (True, True, False)
    >>> is_disposable("a@throw.example", "other.example, throw.example"), is_disposable("", "throw.example")
    (True, False)
    """
    host = (address or "").rpartition("@")[2].lower().strip(".")
    known = DOMAINS.union(more.lower().replace(",", " ").split())
    labels = host.split(".")
    return any(".".join(labels[start:]) in known for start in range(len(labels)))
