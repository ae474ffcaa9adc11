"""What became of everything, once the faults are over: each promise held against what is really there."""

import collections
import re
import time

import actors

# States in which nothing of an item may have left, and none will by itself.
STAYED = ("failed", "cancelled")


def reach(soak, seconds):
    """Prints the report; how many promises were broken."""
    broken = []
    # The steady server goes on alone: what waits leaves through it and a runner beside it.
    for process in soak.victims:
        process.kill()
    broken += settle(soak)
    resources, growth = leaks(soak)
    broken += growth
    broken += sends(soak)
    broken += mails(soak)
    broken += calls(soak)
    broken += marks(soak)
    broken += events(soak)
    broken += [f"damage: {words}" for words in soak.home.damage()]
    broken += soak.odd
    broken += [f"the harness itself: {words}" for words in actors.CRASHES]
    report(soak, seconds, resources, broken)
    return len(broken)


def settle(soak):
    """Runs the outbox and the sync until nothing waits."""
    home = soak.home
    for turn in range(60):
        waiting = home.rows("comms.db", "SELECT id FROM items WHERE state IN ('ready', 'sending')")
        if not waiting and turn:
            break
        for (item,) in waiting:
            home.run("outbox", "retry", f"o{item}")
        home.run("outbox", "run")
        time.sleep(1)
    else:
        states = home.rows("comms.db", "SELECT id, state, error, next_at FROM items WHERE state IN ('ready', 'sending') LIMIT 9")
        return [f"the outbox never came to an end: {states}"]
    wrong = []
    for turn in range(20):
        run = home.run("inbox", "sync", "--account", "work", "--json")
        if run.code == 0:
            break
        time.sleep(2)
    else:
        wrong.append(f"the last sync: {run}")
    # Calls are worked on by whoever comes first.
    home.run("inbox", "sync")
    return wrong


def sends(soak):
    items = collections.defaultdict(list)
    for subject, state in soak.home.rows("comms.db", "SELECT subject, state FROM items"):
        items[subject].append(state)
    wrong, soak.fates = [], collections.Counter()
    with soak.sink.lock:
        copies = collections.Counter(soak.sink.copies)
    for subject, door in soak.sent.items():
        states, came, told = items.get(subject, []), copies[subject], soak.told.get(subject)
        state = states[0] if states else None
        fate = {"sent": came == 1, "unconfirmed": came <= 1, None: came == 0}.get(state, state in STAYED and came == 0)
        # Who was told that it is kept finds it.
        kept = told in (0, 8, 10, 200, 202, "answered")
        if not fate or len(states) > 1 or (kept and not states):
            wrong.append(f"{subject} by {door}: told {told}, {states or 'no item'}, {came} copies")
        soak.fates[f"{state or 'never staged'}, {came} at the server"] += 1
    for subject in copies:
        if subject not in soak.sent:
            wrong.append(f"nobody sent {subject!r}, and it came")
    return wrong


def counted(soak, query, pattern):
    """How often each word of this form begins a subject or text among the messages found."""
    found, after = collections.Counter(), []
    while True:
        run = soak.home.run("search", query, "--limit", "5000", "--json", *after)
        page = run.json()
        for one in page["messages"]:
            word = re.search(pattern, f"{one.get('subject') or ''} {one.get('preview') or ''}")
            found[word.group(0) if word else f"?{one['id']}"] += 1
        if not page.get("next"):
            return found
        after = ["--after", page["next"]]


def exactly_once(what, there, must, may):
    wrong = [f"{what} {word} is lost" for word in sorted(must) if not there[word]]
    wrong += [f"{what} {word} is there {times} times" for word, times in there.items() if times > 1]
    wrong += [f"{what} {word} is there, and nobody sent it" for word in there if word not in must and word not in may]
    return wrong


def mails(soak):
    there = counted(soak, "account:work in:inbox", r"dmail\d+")
    soak.stored_mails = sum(there.values())
    return exactly_once("mail", there, soak.delivered, soak.perhaps)


def calls(soak):
    there = counted(soak, "account:wa", r"wcall\d+")
    soak.stored_calls = sum(there.values())
    return exactly_once("call", there, soak.posted, soak.tried)


def marks(soak):
    """Read and starred here is read and starred there."""
    client = soak.dovecot.client()
    client.select("INBOX", readonly=True)
    _, lines = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    there = {}
    for n, part in enumerate(lines):
        if isinstance(part, tuple):
            subject = part[1].decode().partition(":")[2].strip()
            flags = part[0] + (lines[n + 1] if n + 1 < len(lines) and isinstance(lines[n + 1], bytes) else b"")
            there[subject] = (b"\\Seen" in flags, b"\\Flagged" in flags)
    client.logout()
    read = counted(soak, "account:work in:inbox -is:unread", r"dmail\d+")
    starred = counted(soak, "account:work in:inbox is:starred", r"dmail\d+")
    soak.marked = sum(seen or flagged for seen, flagged in there.values())
    wrong = [f"{subject}: the server says read and starred {both}, the store {(bool(read[subject]), bool(starred[subject]))}"
             for subject, both in there.items() if both != (bool(read[subject]), bool(starred[subject]))]
    lost = sorted(soak.delivered - set(there))
    return wrong[:20] + ([f"Dovecot itself lost {lost[:5]}"] if lost else [])


def events(soak):
    """A reader of events that went on where it was saw none twice."""
    twice = [data[:200] for data, times in soak.seen.items() if times > 1]
    return [f"{len(twice)} events came twice, as {twice[0]}"] if twice else []


def leaks(soak):
    """Memory, threads and files of each process; what grew of the one that was left alone."""
    rows, wrong = [], []
    steady = [one[2:] for one in soak.steady.samples]
    quarter = max(1, len(steady) // 4)
    if len(steady) >= 40:
        # The second quarter against the last: caches are full by then.
        before, after = steady[quarter:2 * quarter], steady[-quarter:]
        for n, what, slack in ((0, "KiB of memory", 12_288), (1, "threads", 4), (2, "open files", 12)):
            was, now = middle([one[n] for one in before]), middle([one[n] for one in after])
            if now > was * 1.2 + slack:
                wrong.append(f"the steady serve grew from {was} to {now} {what}")
    for process in [soak.steady, *soak.victims]:
        lives = collections.defaultdict(list)
        for at, generation, *found in process.samples:
            lives[generation].append(found)
        long = sorted(lives.values(), key=len)[-3:] if process is not soak.steady else list(lives.values())
        for life in reversed(long):
            rows.append((process.name, len(life) * 5, life[0], life[len(life) // 2], life[-1]))
    return rows, wrong


def middle(values):
    return sorted(values)[len(values) // 2]


def report(soak, seconds, resources, broken):
    print(f"\n{seconds / 60:.1f} minutes")
    print(f"sends            {len(soak.sent)}: " + ", ".join(f"{n} {what}" for what, n in soak.fates.most_common()))
    print("  they were told " + ", ".join(f"{n} x {what}" for what, n in sorted(soak.codes.items())))
    print(f"mails delivered  {len(soak.delivered)} ({len(soak.perhaps)} not answered), in the store {soak.stored_mails}")
    print(f"calls answered   {len(soak.posted)} of {len(soak.tried)}, in the store {soak.stored_calls}")
    print(f"marked           {soak.marked}; reads {soak.counts['read']}; events {len(soak.seen)}")
    print(f"put off (451)    {soak.sink.put_off}")
    print("faults           " + ", ".join(f"{n} {what}" for what, n in soak.counts.most_common() if what != "read"))
    for name, line in soak.lines_to.items():
        print(f"  line to {name:10} " + ", ".join(f"{n} {what}" for what, n in line.met.most_common()))
    for process in [soak.steady, *soak.victims]:
        print(f"  {process.name}: {process.generations} generations, {process.kills} killed, ends {dict(process.ends)}")
    print("KiB of memory, threads, open files at start, middle and end (of each process's longest lives):")
    for name, long, *three in resources:
        print(f"  {name:22} {long:6} s  " + "   ".join(f"{one[0]:7} {one[1]:3} {one[2]:3}" for one in three))
    print(f"\n{len(broken)} broken promises")
    for words in broken[:60]:
        print(f"  {words}")
