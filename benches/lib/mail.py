"""Maildirs to measure on: made up, or copied by links from one that is there."""
import os
import random
import shutil
import time


def generate(count, root):
    """A Maildir with threads, several senders, attachments and a long-tailed vocabulary; the same every time."""
    r = random.Random(42)
    syllables = [a + b for a in "bcdfghklmnprstvz" for b in "aeiou"]
    vocabulary = ["".join(r.choices(syllables, k=r.randint(2, 4))) for _ in range(50_000)]
    usual = "you know the project team will meet at the hotel about an invoice and a film this week".split()
    weights = [1 / (k + 3) for k in range(len(usual) * 3 + len(vocabulary))]
    words = usual * 3 + vocabulary
    people = [f"{n.title()} <{n}{k}@example.com>" for k in range(200) for n in ("anna", "ben", "carla", "david")]
    for sub in ("cur", "new", "tmp"):
        os.makedirs(f"{root}/{sub}")
    pool = r.choices(words, weights, k=1_000_000)
    for n in range(count):
        start = r.randrange(len(pool) - 400)
        text = pool[start:start + r.randint(20, 300)]
        subject = " ".join(r.choices(words, weights, k=4)) + (" meeting" if n % 20 == 0 else "")
        when = time.gmtime(1420070400 + n * (315_000_000 // count))
        head = [f"From: {r.choice(people)}", f"To: {r.choice(people)}", f"Message-ID: <{n}@bench.example>",
                f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', when)}", "MIME-Version: 1.0"]
        if n and r.random() < 0.5:
            head.append(f"In-Reply-To: <{max(0, n - r.randint(1, 50))}@bench.example>")
            subject = "Re: " + subject
        head.append(f"Subject: {subject}")
        body = "\n".join(" ".join(text[i:i + 12]) for i in range(0, len(text), 12))
        if n == count // 2:
            body += "\nardcamebo"
        if r.random() < 0.1:
            head.append("Content-Type: multipart/mixed; boundary=b")
            body = (f"--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--b\nContent-Type: image/png; name=p.png\n"
                    f"Content-Disposition: attachment; filename=p.png\nContent-Transfer-Encoding: base64\n\n"
                    f"{'iVBORw0KGgo' * 200}\n--b--")
        info = ":2,S" if n % 10 else ":2,"
        with open(f"{root}/cur/{1420070400 + n}.{n}.bench{info}", "w") as file:
            file.write("\n".join(head) + "\n\n" + body + "\n")
    return root


def messages(root):
    """Paths of all messages of a Maildir and the folders in it."""
    for folder, _, files in os.walk(root):
        if os.path.basename(folder) in ("cur", "new"):
            yield from (os.path.join(folder, file) for file in files)


def copy(source, target, held):
    """Copies a Maildir (by links where possible) but for `held` messages; their paths, for `deliver`."""
    for folder, _, files in os.walk(source):
        into = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(into, exist_ok=True)
        if os.path.basename(folder) in ("cur", "new"):
            for file in files:
                place(os.path.join(folder, file), os.path.join(into, file))
    for sub in ("cur", "new", "tmp"):
        os.makedirs(f"{target}/{sub}", exist_ok=True)
    paths = sorted(messages(target))
    aside = f"{target}.late"
    os.makedirs(aside)
    moved = []
    for path in random.Random(1).sample(paths, min(held, len(paths) // 2)):
        moved.append(os.path.join(aside, os.path.basename(path)))
        os.rename(path, moved[-1])
    return moved


def place(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def deliver(paths, mail):
    """As a delivery agent does: into `new`, without flags."""
    for path in paths:
        os.rename(path, os.path.join(mail, "new", os.path.basename(path).partition(":2,")[0]))
    settle()


def settle():
    """A folder that changed a moment ago is looked at again, by us as by others."""
    os.sync()
    time.sleep(3)
