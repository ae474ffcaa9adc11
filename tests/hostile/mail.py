"""Messages that were written to break who reads them: nested, endless, wide, encoded, equal."""

from itertools import chain

from world import Broke, case, repeat

HEAD = (
    "From: Mal <mal@example.org>\nTo: ada@example.com\nSubject: trap\n"
    "Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <trap@example.org>\n"
)
# Beside each trap lies a mail that must arrive whatever the trap does.
GOOD = (
    "From: Ada <ada@example.com>\nTo: bob@example.com\nSubject: harmless\n"
    "Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <good@example.com>\n\nThe engine weaves.\n"
)
SEPARATOR = "From mal@example.org Mon Nov  2 11:00:00 2026\n"


def bomb(name, **bounds):
    """Files a message as an input: it is imported beside a good one, found, shown, with headers and its whole source."""

    def file(pieces):
        def play(world):
            world.file("in/1.eml", pieces())
            world.file("in/2.eml", GOOD)
            report = world.run("--json", "import", world.folder / "in", codes=(0, 9)).json()
            if sum(s["added"] for s in report["sources"]) < 1:
                raise Broke("the good message beside it was not imported")
            read(world)

        play.__doc__ = pieces.__doc__
        return case(name, **bounds)(play)

    return file


def read(world, word="harmless"):
    """What people do with a store that holds a trap."""
    if len(world.run("--json", "search", word).json()["messages"]) < 1:
        raise Broke("the good message is not found")
    listed = world.run("--json", "search", "in:imported/in").json()["messages"]
    world.run("inbox", "--in", "imported/in")
    for row in listed:
        if row["subject"] == "harmless":
            continue
        world.run("inbox", "show", row["id"])
        world.run("inbox", "show", row["id"], "--headers")
        world.run("inbox", "show", row["id"], "--html", codes=(0, 5))
        world.run("inbox", "show", row["id"], "--raw", most_out=256 << 20)
        world.run("--json", "inbox", "show", row["id"])
        (world.folder / "saved").mkdir()
        world.run("inbox", "save", row["id"], "--to", world.folder / "saved", codes=(0, 5))
    world.run("search", "--snippets", "trap OR hello OR word")


def mixed(boundary):
    return f"Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n"


@bomb("mail-deep-multiparts")
def _():
    """10,000 multiparts within each other"""
    return chain([HEAD], repeat(lambda n: mixed(f"b{n}"), 10_000))


@bomb("mail-deep-same-boundary")
def _():
    """100,000 multiparts within each other that share one boundary"""
    return chain([HEAD], repeat(mixed("b"), 100_000))


@bomb("mail-many-parts", cpu_s_per_mb=0.8)
def _():
    """1,000,000 parts"""
    return chain([HEAD, mixed("b")], repeat("\nx\n--b\n", 1_000_000), ["--b--\n"])


@bomb("mail-deep-messages")
def _():
    """100,000 message/rfc822 within each other"""
    return chain([HEAD], repeat("Content-Type: message/rfc822\n\n", 100_000))


@bomb("mail-prefix-boundaries")
def _():
    """64 open boundaries, each a prefix of the next, and 2,000,000 lines that are almost one of them"""
    return chain(
        [HEAD], (mixed("b" * n) for n in range(1, 65)), repeat("--" + "b" * 66 + "\n", 500_000), repeat("--bbbx\n", 1_500_000)
    )


@bomb("mail-dashes")
def _():
    """20 MB of lines that begin with two dashes"""
    return chain([HEAD, mixed("b" * 60)], repeat("--\n", 7_000_000))


@bomb("mail-header-100mb", peak_mb=400)
def _():
    """One header of 100 MB on one line"""
    return chain([HEAD, "X-Long: "], repeat("x", 100_000_000, 1 << 20), ["\n\nbody\n"])


@bomb("mail-subject-50mb", peak_mb=300)
def _():
    """A subject of 50 MB, folded"""
    return chain(["From: mal@example.org\nSubject: a"], repeat("\n word", 8_000_000), ["\n\nbody\n"])


@bomb("mail-headers-1e6")
def _():
    """1,000,000 header fields"""
    return chain([HEAD], repeat(lambda n: f"X-{n}: y\n", 1_000_000), ["\nbody\n"])


@bomb("mail-recipients-1e6")
def _():
    """1,000,000 recipients in To"""
    return chain([HEAD, "To: a@example.com"], repeat(lambda n: f",\n u{n}@example.com", 1_000_000), ["\n\nbody\n"])


@bomb("mail-to-fields-1e6")
def _():
    """500,000 To fields"""
    return chain([HEAD], repeat(lambda n: f"To: u{n}@example.com\n", 500_000), ["\nbody\n"])


@bomb("mail-groups-and-comments")
def _():
    """Addresses with comments and quotes that never close"""
    return chain([HEAD, "Cc: "], repeat("(", 500_000), repeat('g:"a(\\', 200_000), ["\n\nbody\n"])


@bomb("mail-encoded-words")
def _():
    """500,000 encoded words in the subject and the same in To"""
    word = "\n =?utf-8?B?w6TDtsO8?="
    return chain(["From: mal@example.org\nSubject: "], repeat(word, 500_000), ["\nTo: "], repeat(word, 500_000), ["\n\nbody\n"])


@bomb("mail-encoded-word-opens")
def _():
    """Encoded words that begin 1,000,000 times and never end"""
    return chain(["From: "], repeat("=?utf-8?Q?", 1_000_000), ["\nSubject: "], repeat("=?", 1_000_000), ["\n\nbody\n"])


@bomb("mail-rfc2231-flood")
def _():
    """300,000 continuations of one file name"""
    return chain(
        [HEAD, "Content-Disposition: attachment"], repeat(lambda n: f";\n filename*{n}*=%41", 300_000), ["\n\nbody\n"]
    )


@bomb("mail-parameter-flood")
def _():
    """1,000,000 parameters of Content-Type in each of 20 parts"""
    many = list(repeat(lambda n: f"; p{n}=v", 50_000))
    parts = chain.from_iterable(chain(["--b\nContent-Type: text/plain"], many, ["\n\nx\n"]) for _ in range(20))
    return chain([HEAD, "Content-Type: multipart/mixed; boundary=b\n\n"], parts, ["--b--\n"])


@bomb("mail-base64-one-line")
def _():
    """30 MB of base64 on one line, and an attachment of base64 that is none"""
    return chain(
        [HEAD, mixed("b"), "Content-Transfer-Encoding: base64\n\n"],
        repeat("QUFB", 7_500_000, 1 << 18),
        ["\n--b\nContent-Disposition: attachment; filename=x\nContent-Transfer-Encoding: base64\n\n"],
        repeat("!=\n", 3_000_000),
        ["\n--b--\n"],
    )


@bomb("mail-base64-short-lines")
def _():
    """30 MB of base64, one letter a line"""
    return chain([HEAD, "Content-Transfer-Encoding: base64\n\n"], repeat("Q\n", 15_000_000))


@bomb("mail-quoted-printable")
def _():
    """20 MB of soft line breaks and half escapes"""
    return chain([HEAD, "Content-Transfer-Encoding: quoted-printable\n\n"], repeat("=\n", 5_000_000), repeat("==4", 3_000_000))


@bomb("mail-utf7")
def _():
    """20 MB of UTF-7 that shifts in and out"""
    return chain([HEAD, "Content-Type: text/plain; charset=utf-7\n\n"], repeat("+AGE-+-+", 2_500_000))


@bomb("mail-iso2022")
def _():
    """20 MB of shifts between the sets of ISO-2022-JP"""
    return chain([HEAD, "Content-Type: text/plain; charset=iso-2022-jp\n\n"], repeat("\x1b$B\x1b(B\x1b(J", 2_200_000))


@bomb("mail-charset-flood")
def _():
    """20,000 parts with a charset nobody knows, 400 letters long"""
    part = lambda n: f"--b\nContent-Type: text/plain; charset={'x' * 400}{n}\n\n\xe4\n"  # noqa: E731
    return chain([HEAD, "Content-Type: multipart/mixed; boundary=b\n\n"], repeat(part, 20_000, 64), ["--b--\n"])


@bomb("mail-references-1e6")
def _():
    """References to 1,000,000 messages"""
    return chain([HEAD, "References:"], repeat(lambda n: f"\n <{n}@example.org>", 1_000_000), ["\n\nbody\n"])


# The mail is its names: what is kept of them beside it takes as much again while it is unpacked.
@bomb("mail-attachments-10k", peak_mb=250)
def _():
    """9,999 attachments with names of 10,000 letters"""
    name = "n" * 10_000
    part = lambda n: f"--b\nContent-Disposition: attachment; filename={name}{n}\n\nx\n"  # noqa: E731
    return chain([HEAD, "Content-Type: multipart/mixed; boundary=b\n\n"], repeat(part, 9_999, 64), ["--b--\n"])


@bomb("mail-encapsulated-parts")
def _():
    """5,000 messages in one digest, each with a body of HTML"""
    part = "--d\n\nSubject: s\nContent-Type: text/html\n\n<p>x<p>y\n"
    return chain([HEAD, "Content-Type: multipart/digest; boundary=d\n\n"], repeat(part, 9_000), ["--d--\n"])


@bomb("mail-control-characters")
def _():
    """10 MB of escape sequences, bells and direction marks in the subject and the body"""
    trick = "\x1b]0;owned\x07\x1b[2J\u202e\u2066\x9b31m"
    return chain([HEAD, "Subject: "], [trick * 1000], ["\nContent-Type: text/plain; charset=utf-8\n\n"], repeat(trick, 400_000))


@bomb("mail-nul")
def _():
    """30 MB of NUL"""
    return chain([HEAD, "\n"], repeat("\0", 30_000_000, 1 << 20))


@bomb("mail-no-newline", peak_mb=300)
def _():
    """60 MB without a line break"""
    return chain([HEAD, "\n"], repeat("word ", 12_000_000, 1 << 18))


@bomb("mail-cjk")
def _():
    """10 MB of Han characters without a space"""
    return chain([HEAD, "Content-Type: text/plain; charset=utf-8\n\n"], repeat("\u4e2d\u6587", 1_700_000))


@bomb("mail-combining")
def _():
    """10 MB of one letter with accents, and words of 1 MB"""
    return chain([HEAD, "Content-Type: text/plain; charset=utf-8\n\n"], ["a"], repeat("\u0301", 2_500_000), [" "], repeat("w", 5_000_000))


@bomb("mail-distinct-words")
def _():
    """1 MB of text in which no word comes twice"""
    return chain([HEAD, "\n"], repeat(lambda n: f"{n:x} ", 170_000))


def html(name, **bounds):
    def file(pieces):
        def whole():
            return chain([HEAD, "Content-Type: text/html; charset=utf-8\n\n<p>hello</p>"], pieces())

        whole.__doc__ = pieces.__doc__
        return bomb(name, **bounds)(whole)

    return file


for _tag in ["div", "b", "table><tr><td", "blockquote", "ul><li", "span style='display:none'", "font", "a href=x", "svg", "select", "template"]:

    def _deep(tag=_tag):
        """An element nested 300,000 times"""
        return repeat(f"<{tag}>", 300_000)

    html(f"html-deep-{_tag.split('>')[0].split(' ')[0]}")(_deep)


@html("html-deep-1e6")
def _():
    """<div> nested 1,000,000 times"""
    return repeat("<div>", 1_000_000)


@html("html-spans-1e9")
def _():
    """Tables with rowspan and colspan of a thousand million"""
    cell = '<td rowspan=1000000000 colspan=1000000000>x</td>'
    return chain(["<table>"], repeat(f"<tr>{cell * 5}</tr>", 5_000, 100), ["</table>"])


@html("html-wide-table")
def _():
    """A table of 1,000,000 columns"""
    return chain(["<table><tr>"], repeat("<td>x", 1_000_000), ["</table>"])


@html("html-long-table")
def _():
    """A table of 500,000 rows"""
    return chain(["<table>"], repeat("<tr><td>x<td>y", 500_000), ["</table>"])


@html("html-tables-in-tables")
def _():
    """20,000 tables within each other, each with two columns"""
    return repeat("<table><tr><td>a</td><td>", 20_000)


@html("html-entities")
def _():
    """3,000,000 entities, known and unknown"""
    return repeat("&NotEqualTilde;&bogus;&#x10FFFF;&", 600_000)


@html("html-styles")
def _():
    """200,000 style rules and as many elements with classes"""
    rules = repeat(lambda n: f".c{n} {{display:none}}\n", 200_000)
    return chain(["<style>"], rules, ["</style>"], repeat(lambda n: f"<p class=c{n}>x", 200_000))


@html("html-attributes")
def _():
    """One tag with 500,000 attributes, then 1,000 with 1,000"""
    return chain(["<p"], repeat(lambda n: f" a{n}=b", 500_000), [">x"], repeat("<p" + " a=b" * 1000 + ">", 1_000, 10))


@html("html-links")
def _():
    """300,000 links, all different"""
    return repeat(lambda n: f"<a href='https://example.org/{n}'>x</a> ", 300_000)


@html("html-lists")
def _():
    """A list of 500,000 points that begins to count at the end of all numbers"""
    return chain(["<ol start=9223372036854775807>"], repeat("<li>x", 500_000), ["</ol>"])


@html("html-adoption")
def _():
    """Formatting that is opened and closed across blocks (the adoption agency of HTML parsers)"""
    return repeat("<b><i><a><p></b></i></a>", 100_000)


@html("html-comments")
def _():
    """Comments, scripts and declarations that never end"""
    return repeat("<!--<script><![CDATA[<?", 500_000)


@html("html-pre")
def _():
    """10 MB of <pre> on one line"""
    return chain(["<pre>"], repeat("x", 10_000_000, 1 << 18), ["</pre>"])


@case("mbox-no-separator", peak_mb=450)
def _(world):
    """An mbox of 150 MB with one From line"""
    mbox = world.file("one.mbox", chain([SEPARATOR, HEAD, "\n"], repeat("no separator in here\n", 7_000_000)))
    world.run("--json", "import", mbox, codes=(0, 9))


@case("mbox-from-flood", cpu_s_per_mb=3)
def _(world):
    """An mbox of 500,000 From lines with nothing between them"""
    mbox = world.file("many.mbox", repeat("From a Mon Nov  2 11:00:00 2026\n\n", 500_000))
    world.run("--json", "import", mbox, codes=(0, 9))


@case("mbox-content-length-lies")
def _(world):
    """100,000 messages whose Content-Length is a lie"""
    one = f"{SEPARATOR}From: a@example.org\nContent-Length: 200000000\n\nx\n\n"
    world.file("lies.mbox", repeat(one, 100_000))
    world.run("--json", "import", world.folder / "lies.mbox", codes=(0, 9))


@case("mail-thread-100k", cpu_s=10, cpu_s_per_mb=2, peak_mb=300)
def _(world):
    """A thread of 100,000 messages, each answering the one before"""
    one = lambda n: (  # noqa: E731
        f"{SEPARATOR}From: a@example.org\nSubject: Re: x\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n"
        f"Message-ID: <{n}@example.org>\nIn-Reply-To: <{n - 1}@example.org>\nReferences: <0@example.org> <{n - 1}@example.org>\n\nx{n}\n\n"
    )
    world.file("thread.mbox", repeat(one, 100_000))
    world.run("--json", "import", world.folder / "thread.mbox")
    newest = world.run("--json", "search", "in:imported/thread").json()["messages"][0]["id"]
    # What is asked for is given: 100,000 messages.
    world.run("--json", "inbox", "thread", newest, most_out=128 << 20)
    world.run("inbox", "--in", "imported/thread")
    world.run("--json", "search", "x99999")


@case("mail-same-id-100k", cpu_s=10, cpu_s_per_mb=2)
def _(world):
    """100,000 messages with one Message-ID"""
    one = lambda n: f"{SEPARATOR}From: a@example.org\nSubject: {n}\nMessage-ID: <same@example.org>\n\nx{n}\n\n"  # noqa: E731
    world.file("same.mbox", repeat(one, 100_000))
    world.run("--json", "import", world.folder / "same.mbox", codes=(0, 9))
    world.run("--json", "search", "x99999")


@case("mail-same-hash-threads", cpu_s=10, cpu_s_per_mb=2)
def _(world):
    """20,000 messages that each refer to the same 50 ids nobody has"""
    ids = " ".join(f"<{n}@gone.example.org>" for n in range(50))
    one = lambda n: f"{SEPARATOR}From: a@example.org\nSubject: s\nMessage-ID: <{n}@example.org>\nReferences: {ids}\n\nx\n\n"  # noqa: E731
    world.file("threads.mbox", repeat(one, 20_000))
    world.run("--json", "import", world.folder / "threads.mbox", codes=(0, 9))


@case("mail-1gb-eml", big=True, cpu_s_per_mb=0.02)
def _(world):
    """A message of 1 GB in a file of its own, beside a good one"""
    body = chain([HEAD, mixed("b"), "Content-Disposition: attachment; filename=huge.bin\n\n"], repeat("x" * 76 + "\n", 13_900_000), ["--b--\n"])
    world.file("in/1.eml", body)
    world.file("in/2.eml", GOOD)
    report = world.run("--json", "import", world.folder / "in", codes=(0, 9), timeout=600).json()
    if report["sources"][0]["added"] < 1:
        raise Broke("the good message beside it was not imported")
    world.run("--json", "search", "harmless")


# A message is held up to the 256 MiB that the largest may have; only then it is known to be larger.
@case("mbox-1gb-message", big=True, peak_mb=300, cpu_s_per_mb=0.02)
def _(world):
    """An mbox whose second message has 1 GB; the others arrive"""
    good = [SEPARATOR, GOOD, "\n"]
    body = chain(good, [SEPARATOR, HEAD, "\n"], repeat("x" * 76 + "\n", 13_900_000), ["\n"], good)
    world.file("huge.mbox", body)
    report = world.run("--json", "import", world.folder / "huge.mbox", codes=(0, 9), timeout=600).json()
    if report["sources"][0]["added"] < 1:
        raise Broke("the good messages around it were not imported")


@case("mbox-1gb-line", big=True, peak_mb=300, cpu_s_per_mb=0.02)
def _(world):
    """An mbox of 2 GB without a line break"""
    world.file("line.mbox", chain([SEPARATOR, "Subject: x\n\n"], repeat("x", 2_000_000_000, 1 << 20)))
    world.run("--json", "import", world.folder / "line.mbox", codes=(0, 6, 9), timeout=600)
