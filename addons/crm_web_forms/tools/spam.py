"""What makes a submission look like a program's or an advertiser's. No database here.

Nothing is refused for it: what reaches the form's limit waits until somebody releases it.
"""

import re

LINK = re.compile(r"https?://|www\.", re.I)
MARKUP = re.compile(r"<\s*a\s|<\s*script|\[url|\[link", re.I)
POINTS = {
    "trap": 100,
    "fast": 60,
    "proof": 60,
    "no_proof": 20,
    "markup": 50,
    "links": 20,
    "words": 40,
    "repeated": 40,
    "name_link": 60,
}


def judge(clean, *, trapped=False, fast=False, proof=None, words=(), names=()):
    """Return {reason: points} of what speaks against a submission.

    :param clean: {key: value}, as ``tools.answers.validate`` returned it
    :param trapped: whether the field people do not see was filled in
    :param fast: whether it was filled in faster than people type
    :param proof: what ``tools.proof.check`` says, or ``used``; None: not asked for
    :param words: words nobody uses who means the form
    :param names: keys of the fields that ask for a name: nobody is called like an address of the web

    >>> judge({"message": "A home near http://example.com?"}, proof="solved")
    {}
    >>> judge({"message": "[url=x] http://a http://b http://c"}, proof="missing")
    {'no_proof': 20, 'markup': 50, 'links': 40}
    >>> judge({"name": "Buy casino chips", "message": "Buy casino chips"}, trapped=True, words=["Casino"])
    {'trap': 100, 'words': 40, 'repeated': 40}
    >>> judge({"name": "Win at www.example.com"}, names=["name"])
    {'name_link': 60}
    """
    texts = [value for value in clean.values() if isinstance(value, str) and value]
    everything = "\n".join(texts)
    links = len(LINK.findall(everything))
    long_texts = [text for text in texts if len(text) > 12]
    found = {
        "trap": trapped,
        "fast": fast,
        "proof": proof in ("wrong", "used"),
        "no_proof": proof in ("missing", "late"),
        "markup": bool(MARKUP.search(everything)),
        "links": max(links - 1, 0),
        "words": any(re.search(rf"\b{re.escape(word)}\b", everything, re.I) for word in words),
        "repeated": len(set(long_texts)) < len(long_texts),
        "name_link": any(LINK.search(str(clean.get(key) or "")) for key in names),
    }
    return {reason: POINTS[reason] * times for reason, times in found.items() if times}
