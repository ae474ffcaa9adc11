"""Reads vCards with vobject: `read` prints what it sees as JSON, `rewrite` writes the cards again in its own way."""

import json
import sys

sys.path.insert(0, sys.argv[1])
import vobject  # noqa: E402


def text(card, name):
    return [line.value for line in card.contents.get(name, [])]


def typed(card, name):
    lines = card.contents.get(name, [])
    return [[line.value, sorted(t.lower() for t in line.params.get("TYPE", []))] for line in lines]


def name(card):
    n = card.n.value
    join = lambda part: part if isinstance(part, str) else " ".join(part)
    return [join(p) for p in (n.family, n.given, n.additional, n.prefix, n.suffix)]


cards = list(vobject.readComponents(sys.stdin.buffer.read().decode()))
if sys.argv[2] == "rewrite":
    sys.stdout.buffer.write("".join(card.serialize() for card in cards).encode())
else:
    for card in cards:
        seen = {
            "uid": text(card, "uid"),
            "fn": card.fn.value,
            "n": name(card) if "n" in card.contents else None,
            "org": text(card, "org"),
            "title": text(card, "title"),
            "email": typed(card, "email"),
            "tel": typed(card, "tel"),
            "impp": text(card, "impp"),
            "url": text(card, "url"),
            "note": text(card, "note"),
            "bday": text(card, "bday"),
            "nickname": text(card, "nickname"),
            "categories": text(card, "categories"),
            "photo": [len(photo) for photo in text(card, "photo")],
            "labels": text(card, "x-ablabel"),
        }
        print(json.dumps(seen))
