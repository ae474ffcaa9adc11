"""Address books that were made to break who reads them: cards and tables."""

from itertools import chain

from world import case, repeat

CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Mal\r\nEMAIL:mal@example.org\r\n"
END = "END:VCARD\r\n"
GOOD = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nEMAIL:ada@example.com\r\nEND:VCARD\r\n"


def cards(name, **bounds):
    def file(pieces):
        def play(world):
            book = world.file("book.vcf", pieces())
            world.run("--json", "contacts", "import", book, codes=(0, 2, 6, 9))
            world.run("--json", "contacts", "find", "ada", codes=(0, 5))
            world.run("contacts", "export", codes=(0, 2, 5))

        play.__doc__ = pieces.__doc__
        return case(name, **bounds)(play)

    return file


@cards("vcard-1e6-properties", peak_mb=300)
def _():
    """A card of 1,000,000 properties"""
    return chain([GOOD, CARD], repeat(lambda n: f"X-{n}:y\r\n", 1_000_000), [END])


@cards("vcard-1e5-emails")
def _():
    """A card of 100,000 addresses"""
    return chain([GOOD, CARD], repeat(lambda n: f"EMAIL:u{n}@example.org\r\n", 100_000), [END])


@cards("vcard-folds")
def _():
    """A value folded into 5,000,000 lines"""
    return chain([GOOD, CARD, "NOTE:a"], repeat("\r\n b", 5_000_000), ["\r\n", END])


@cards("vcard-photo-60mb")
def _():
    """A photo of 60 MB"""
    return chain([GOOD, CARD, "PHOTO;ENCODING=b:"], repeat("QUFB", 15_000_000, 1 << 18), ["\r\n", END])


@cards("vcard-photo-500mb", big=True)
def _():
    """A photo of 500 MB"""
    return chain([GOOD, CARD, "PHOTO;ENCODING=b:"], repeat("QUFB", 125_000_000, 1 << 18), ["\r\n", END])


@cards("vcard-nested")
def _():
    """100,000 cards that begin and never end"""
    return chain([GOOD], repeat("BEGIN:VCARD\r\n", 100_000))


@cards("vcard-parameters")
def _():
    """A property with 500,000 parameters"""
    return chain([GOOD, CARD, "TEL"], repeat(";TYPE=a", 500_000), [":+15550001111\r\n", END])


@cards("vcard-quoted-printable")
def _():
    """Quoted-printable of vCard 2.1 that never ends"""
    return chain([GOOD, "BEGIN:VCARD\r\nVERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE:a=\r\n"], repeat("=\r\n", 3_000_000), [END])


@cards("vcard-same-uid", cpu_s=10)
def _():
    """3,000 cards of one UID"""
    return repeat(lambda n: f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:same\r\nFN:Name {n}\r\nEMAIL:u{n}@example.org\r\nEND:VCARD\r\n", 3_000)


@case("csv-line-100mb")
def _(world):
    """A table of contacts with one line of 100 MB"""
    book = world.file("book.csv", chain(["name,email\nAda,ada@example.com\nMal,"], repeat("x", 100_000_000, 1 << 20), ["\n"]))
    world.run("--json", "contacts", "import", book, codes=(0, 2, 6, 9))


@case("csv-line-1gb", big=True)
def _(world):
    """A table of contacts with one line of 1 GB"""
    book = world.file("book.csv", chain(["name,email\nAda,ada@example.com\nMal,"], repeat("x", 1_000_000_000, 1 << 20), ["\n"]))
    world.run("--json", "contacts", "import", book, codes=(0, 2, 6, 9))


@case("csv-columns")
def _(world):
    """A table of contacts with 500,000 columns"""
    book = world.file("book.csv", chain(["name,email"], repeat(lambda n: f",c{n}", 500_000), ["\nAda,ada@example.com\n"]))
    world.run("--json", "contacts", "import", book, codes=(0, 2, 6, 9))
