"""Follow the links of a mail: each becomes an address of ours that leads on to it."""

import html
import re

LINK = re.compile(r"(<a\b[^>]*?\bhref\s*=\s*)([\"'])(.*?)\2", re.IGNORECASE | re.DOTALL)
# What must keep working whatever happens to us, and what is counted elsewhere already.
LEFT_ALONE = re.compile(r"/mail/unfollow|/mail/track/|/r/|/crm/mail/|unsubscribe", re.IGNORECASE)


def decorate(body, pixel, link, at_most=50):
    """Return the body with a pixel and with its links replaced, and the list of what they lead to.

    :param body: HTML of a mail
    :param pixel: address of an image
    :param link: function that gets the place of a link in the list and returns its address
    :param at_most: further links are left as they are

    >>> body, links = decorate('<p><a href="https://a.example/?x=1&amp;y=2">A</a></p>', "P", lambda n: f"L{n}")
    >>> body
    '<p><a href="L0">A</a></p><img src="P" width="1" height="1" alt="" style="border:0"/>'
    >>> links
    ['https://a.example/?x=1&y=2']
    >>> decorate('<a href="mailto:a@example.com">A</a><a href="https://b.example/unsubscribe">B</a>', "P", str)[1]
    []
    """
    found = {}

    def replace(match):
        url = html.unescape(match[3]).strip()
        if not is_followed(url) or (url not in found and len(found) >= at_most):
            return match[0]
        place = found.setdefault(url, len(found))
        return f"{match[1]}{match[2]}{html.escape(link(place))}{match[2]}"

    body = LINK.sub(replace, str(body))
    image = f'<img src="{html.escape(pixel)}" width="1" height="1" alt="" style="border:0"/>'
    head, closing, tail = body.rpartition("</body>")
    body = f"{head}{image}{closing}{tail}" if closing else f"{body}{image}"
    return body, list(found)


def is_followed(url):
    """Tell whether a link leads to a page, and is none of those that must stay as they are.

    >>> [is_followed(url) for url in ("https://a.example", "#top", "javascript:alert(1)", "https://a.example/r/x")]
    [True, False, False, False]
    """
    return url.lower().startswith(("http://", "https://")) and not LEFT_ALONE.search(url)


def references(*headers):
    """Return the message ids that headers of a mail name.

    >>> references("<a@x> <b@x>", "<b@x>", None)
    ['<a@x>', '<b@x>']
    """
    return list(dict.fromkeys(re.findall(r"<[^<>\s]+>", " ".join(header or "" for header in headers))))
