"""The programs that index mail: comms, notmuch, mu; how each is set up, indexes and searches."""
import json
import os
import shutil
import subprocess

from .measuring import environment

WORDS = dict(common="project", rare="ardcamebo", phrase="you know", a="invoice", b="hotel", who="anna",
             subject="meeting", prefix="meet", many="film", since="2018-01-01", until="2018-12-31")


class Tool:
    def __init__(self, name, home, index, searches, setup=None, env=None):
        self.name, self.home, self.index = name, home, index
        self.searches, self.setup, self.env = searches, setup, env


def tools(options, work, mail, told):
    """Comms and the rivals that are installed; `told` hears of those that aren't."""
    words = dict(WORDS)
    if options.words:
        with open(options.words) as file:
            words.update(json.load(file))
    found = [comms(options.binary, f"{work}/comms", mail, words)]
    for name, make in (("notmuch", notmuch), ("mu", mu)):
        if options.alone:
            continue
        if shutil.which(name):
            found.append(make(work, mail, words))
        else:
            told(f"{name} is not installed, left out")
    return found


def comms(binary, home, mail, w):
    os.makedirs(home, exist_ok=True)
    binary = os.path.abspath(binary)
    search = lambda *query: [binary, "--json", "search", "--limit", "20", *query]
    return Tool("comms", home, [binary, "import", mail, "--name", "bench"], {
        "common word": search(w["common"]),
        "rare word": search(w["rare"]),
        "phrase": search(f'"{w["phrase"]}"'),
        "and": search(w["a"], w["b"]),
        "from": search(f"from:{w['who']}"),
        "date range": search(f"after:{w['since']}", f"before:{w['until']}", w["common"]),
        "subject": search(f"subject:{w['subject']}"),
        "word is:unread": search(w["common"], "is:unread"),
        "label: and word": search(w["common"], "label:bench"),
        "prefix": search(f"{w['prefix']}*"),
        "relevance": search("--sort", "relevance", w["common"]),
        "count": [binary, "search", "--count", w["common"]],
        "10,000 hits as JSON": [binary, "--json", "search", "--limit", "10000", w["many"]],
        "all hits, first byte": [binary, "--format", "jsonl", "search", "--limit", "100000", w["common"]],
        "inbox --offline": [binary, "--json", "inbox", "--offline"],
    }, env=environment(home))


def notmuch(work, mail, w):
    home, config = f"{work}/notmuch", f"{work}/notmuch.conf"
    os.makedirs(home, exist_ok=True)
    with open(config, "w") as file:
        file.write(f"[database]\npath={home}\nmail_root={mail}\n[user]\nname=t\nprimary_email=t@example.com\n"
                   "[new]\ntags=unread\n[search]\nexclude_tags=\n[maildir]\nsynchronize_flags=false\n")
    base = ["notmuch", f"--config={config}"]
    search = lambda *query, n=20: base + ["search", "--output=summary", f"--limit={n}", "--format=json",
                                         "--sort=newest-first", *query]
    return Tool("notmuch", home, base + ["new", "--quiet", "--no-hooks"], {
        "common word": search(w["common"]),
        "rare word": search(w["rare"]),
        "phrase": search(f'"{w["phrase"]}"'),
        "and": search(w["a"], "and", w["b"]),
        "from": search(f"from:{w['who']}"),
        "date range": search(f"date:{w['since']}..{w['until']}", "and", w["common"]),
        "subject": search(f"subject:{w['subject']}"),
        "word is:unread": search(w["common"], "and", "tag:unread"),
        "label: and word": search(w["common"], "and", "tag:bench"),
        "prefix": search(f"{w['prefix']}*"),
        "count": base + ["count", w["common"]],
        "10,000 hits as JSON": search(w["many"], n=10000),
        "inbox --offline": search("*"),
    })


def mu(work, mail, w):
    home = f"{work}/mu"
    search = lambda *query, n=20: ["mu", "find", f"--muhome={home}", f"--maxnum={n}", "--sortfield=date",
                                   "--reverse", "--format=json", *query]
    setup = lambda: subprocess.run(["mu", "init", f"--muhome={home}", f"--maildir={mail}"],
                                   stdout=subprocess.DEVNULL, check=True)
    return Tool("mu", home, ["mu", "index", f"--muhome={home}", "--quiet"], {
        "common word": search(w["common"]),
        "rare word": search(w["rare"]),
        "phrase": search(f'"{w["phrase"]}"'),
        "and": search(w["a"], w["b"]),
        "from": search(f"from:{w['who']}"),
        "date range": search(f"date:{w['since']}..{w['until']}", w["common"]),
        "subject": search(f"subject:{w['subject']}"),
        "word is:unread": search(w["common"], "flag:unread"),
        "prefix": search(f"{w['prefix']}*"),
        "count": ["mu", "find", f"--muhome={home}", "--fields=i", w["common"]],
        "10,000 hits as JSON": search(w["many"], n=10000),
        "inbox --offline": search(""),
    }, setup=setup)


def label(all_tools):
    """Gives a thousand messages with the common word the label that a row searches for."""
    for tool in all_tools:
        common = tool.searches["common word"][-1]
        if tool.name == "comms":
            binary = tool.index[0]
            found = subprocess.run([binary, "--format", "jsonl", "search", "--limit", "1000", common],
                                   env=tool.env, capture_output=True, text=True)
            ids = [json.loads(line)["id"] for line in found.stdout.splitlines()]
            if ids:
                subprocess.run([binary, "inbox", "mark", *ids, "--label", "bench"], env=tool.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif tool.name == "notmuch":
            base = tool.index[:2]
            found = subprocess.run(base + ["search", "--output=messages", "--limit=1000", common],
                                   capture_output=True, text=True).stdout.split()
            subprocess.run(base + ["tag", "--batch"], text=True,
                           input="".join(f"+bench -- {m}\n" for m in found))
