"""Words that people and programs type: queries, recipients, templates, tables, settings."""

from mail import GOOD, SEPARATOR
from world import Broke, case, repeat

LONGEST = 32_000
QUERIES = {
    "parens": "(" * 15_000 + "a" + ")" * 15_000,
    "open-parens": "(" * 100_000,
    "not": "NOT " * 20_000 + "a",
    "minus": "-" * 100_000 + "a",
    "terms": " ".join(f"w{n}" for n in range(20_000)),
    "ors": " OR ".join(f"w{n}" for n in range(11_000)),
    "mixed": " ".join(f"(a{n} OR -b{n})" for n in range(5_000)),
    "prefixes": " OR ".join(["th*"] * 1000),
    "short-prefixes": " ".join(f"{chr(97 + n % 26)}*" for n in range(1000)),
    "phrase": '"' + "the " * 25_000 + '"',
    "quotes": '"' * 99_999,
    "operators": " ".join(["from:a subject:b in:c"] * 3_000),
    "operator-in-operator": "from:" * 20_000,
    "fts": 'NEAR(a b, 99999999) {subject}: ^a "a" + b AND * : column:x',
    "sql": "'; DROP TABLE messages; -- %s \" OR 1=1",
    "numbers": "larger:99999999999999999999999G older_than:99999999999999999999y after:99999-99-99",
    "nul": "a\u0001\u202e\ud7ffb",
    "han": "\u4e2d" * 30_000,
}


def some(world):
    world.file("m.mbox", repeat(lambda n: f"{SEPARATOR}{GOOD}word{n} the thing\n\n", 2_000))
    world.run("--json", "import", world.folder / "m.mbox", codes=(0, 9))


for _name, _query in QUERIES.items():

    def _ask(world, query=_query):
        """A query made to blow up"""
        some(world)
        # One longer than 32 KB is refused as a whole; what is cut meets the parser.
        for text in {query, query.encode()[:LONGEST].decode("utf-8", "ignore")}:
            for more in ([], ["--count"], ["--explain"], ["--sort", "relevance"]):
                world.run("search", *more, "--", text, codes=(0, 2))
            world.size += len(text)

    case(f"query-{_name}", cpu_s=3)(_ask)


SMTP = '[defaults]\nemail = "out"\n[accounts.out]\nchannel = "smtp"\naddress = "ada@example.com"\nsmtp = "127.0.0.1:9"\ntls = "none"\nauth = "none"\n'


@case("recipients-many")
def _(world):
    """20,000 recipients in one argument"""
    world.config(SMTP)
    many = ",".join(f"u{n}@e.org" for n in range(10_000))
    world.run("send", many, "--subject", "s", "-m", "t", "--dry-run", codes=(0, 2, 6, 7, 8, 9))


@case("recipients-broken")
def _(world):
    """Quotes, comments and groups that never end as a recipient"""
    world.config(SMTP)
    for text in ['"' * 50_000, "(" * 50_000, "g:" * 30_000, "<" * 50_000, "a@" * 30_000, "\\" * 50_000, "a," * 50_000]:
        world.run("send", "--subject", "s", "-m", "t", "--dry-run", "--", text, codes=(2, 5, 6, 9))


@case("template-bomb")
def _(world):
    """Templates that nest, repeat and refer to themselves"""
    world.config(SMTP)
    for text in ["{{" * 50_000, "{{#if a}}" * 10_000, "{" * 100_000, "{{a}}" * 20_000, "{{" + "a." * 50_000 + "a}}"]:
        file = world.file("bomb.md", text)
        world.run(
            "send", "a@e.org", "--subject", "s", "--template", file, "--var", "a={{a}}{{a}}", "--dry-run", codes=(0, 2, 3, 5, 6, 7, 8, 9)
        )


@case("batch-1e5-columns", cpu_s=10)
def _(world):
    """A table with 100,000 columns, and one with a line of 60 MB"""
    world.config(SMTP)
    wide = world.file("wide.csv", [",".join(f"c{n}" for n in range(100_000)), "\n", ",".join("x" for _ in range(100_000)), "\n"])
    send = ("send", "--subject", "s", "--template", world.file("t.md", "hi {{name}}"), "--dry-run", "--csv")
    world.run(*send, wide, codes=(2, 3, 5, 6, 9))
    long = world.file("long.csv", ["to,name\na@e.org,"] + list(repeat("x", 60_000_000, 1 << 20)) + ["\n"])
    world.run(*send, long, codes=(0, 2, 3, 5, 6, 7, 8, 9))
    quote = world.file("quote.csv", ['to,name\na@e.org,"'] + list(repeat("x\n", 5_000_000)))
    world.run(*send, quote, codes=(0, 2, 3, 5, 6, 7, 8, 9))


@case("config-bomb")
def _(world):
    """Settings that nest 100,000 deep, a key of 5 MB, 20,000 accounts"""
    for text in [
        "a = " + "[" * 100_000,
        "a" + ".a" * 100_000 + " = 1",
        "[" + "a." * 50_000 + "b]",
        "x" * 5_000_000 + " = 1",
        "a = {" * 50_000,
        'a = """' + '\\u0041' * 500_000,
    ]:
        world.config(text)
        world.run("config", "check", codes=(3,), most_out=20 << 20)
    world.config("".join(f'[accounts.a{n}]\nchannel = "maildir"\npath = "/x/{n}"\n' for n in range(5_000)))
    world.run("config", "check", codes=(0, 3, 9))
