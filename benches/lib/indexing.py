"""Import, incremental import and search beside notmuch and mu; the same of us alone at a million messages."""
import os

from . import mail
from .measuring import disk, in_turns, measure, median, medians
from .table import below
from .tools import comms, label, tools, WORDS

#: Rows that show the newest 20: the same cost whatever the number of hits.
NEWEST = ["common word", "rare word", "phrase", "and", "from", "date range", "subject", "word is:unread",
          "label: and word"]
#: Rows whose cost grows with the hits.
GROWING = ["prefix", "relevance", "count"]


class Alone:
    """What comms took at the smaller size, beside which the million is put."""

    def __init__(self):
        self.per_message, self.searches = None, {}


def rows(options, work, table):
    alone = Alone()
    source = options.maildir or mail.generate(options.generate, f"{work}/generated")
    beside(options, (work, source), table, alone)
    if options.million:
        million(options, work, table, alone)


def beside(options, of, table, alone):
    work, source = of
    box = f"{work}/mail"
    late = [] if options.reuse else mail.copy(source, box, 1001)
    all_tools = tools(options, work, box, table.note)
    count = sum(1 for _ in mail.messages(box))
    table.head(f"Store: {count:,} messages; CPU of the whole process, median of {options.runs}")
    if not options.reuse:
        indexing(options, (all_tools, box, late, count), table, alone)
    searching(options, all_tools, table, alone)
    store = {tool.name: disk(tool.home) for tool in all_tools}
    table.row("store on disk", store["comms"], "MB", rivals(store), "≤ 0.7 × notmuch",
              below(store["comms"], None, [(store.get("notmuch"), 0.7)]))


def rivals(values):
    return [(name, value) for name, value in values.items() if name != "comms"]


def index(all_tools, table, runs=1):
    found = {}
    for tool in all_tools:
        found[tool.name] = [measure(tool.index, tool.env) for _ in range(runs)]
        if any(run.code for run in found[tool.name]):
            table.note(f"{tool.name}: exit {found[tool.name][-1].code} of `{' '.join(tool.index)}`")
    return found


def indexing(options, of, table, alone):
    all_tools, box, late, count = of
    for tool in all_tools:
        if tool.setup:
            tool.setup()
    mail.settle()
    found = index(all_tools, table)
    cpu, peak = medians(found), {name: max(run.peak for run in runs) for name, runs in found.items()}
    alone.per_message = cpu["comms"] / count
    table.row("import and index", cpu["comms"], "ms", rivals(cpu), "≤ 1/20 of notmuch and of mu",
              below(cpu["comms"], None, [(cpu.get("notmuch"), 1 / 20), (cpu.get("mu"), 1 / 20)]))
    parse = parsing(options, box, table)
    table.row("", cpu["comms"], "ms", [("reading and parsing", parse)], "≤ 8 × that", below(cpu["comms"], None, [(parse, 8)]))
    table.row("peak memory", peak["comms"], "MB", rivals(peak), "≤ 200 MB", below(peak["comms"], 200))

    def again(name, target, share, runs=1):
        cpu = medians(index(all_tools, table, runs))
        table.row(name, cpu["comms"], "ms", rivals(cpu), target, below(cpu["comms"], None, [(cpu.get("notmuch"), share)]))

    again("nothing new", "≤ 1/2 of notmuch", 1 / 2, options.runs)
    mail.deliver(late[1:], box)
    again(f"{len(late) - 1:,} new", "≤ 1/8 of notmuch", 1 / 8)
    mail.deliver(late[:1], box)
    again("one new", "≤ 1/3 of notmuch", 1 / 3)
    label(all_tools)


def parsing(options, box, table):
    """CPU ms of reading and parsing all of it, on one thread."""
    if not os.path.exists(options.parse):
        return table.note("reading and parsing alone is left out: cargo bench --no-run --bench parse")
    return median([measure([options.parse, box]) for _ in range(2)])


def searching(options, all_tools, table, alone):
    for names, limit in ((NEWEST, 4), (GROWING, 10), (["10,000 hits as JSON"], 35), (["inbox --offline"], 4)):
        for name in names:
            found = in_turns({tool.name: (tool.searches[name], tool.env) for tool in all_tools if name in tool.searches},
                             options.runs, table.note)
            cpu = medians(found)
            alone.searches[name] = cpu["comms"]
            table.row(name, cpu["comms"], "ms", rivals(cpu), f"≤ {limit} ms", below(cpu["comms"], limit))
    ours = all_tools[0]
    first_byte(options, ours, table)


def first_byte(options, tool, table):
    """When the first row of a long list is there, beside when the last one is."""
    runs = in_turns({"comms": (tool.searches["all hits, first byte"], tool.env)}, options.runs, table.note)["comms"]
    first, whole = median(runs, "first"), median(runs, "wall")
    table.row("first row of all hits", first, "ms", [("last row", whole)], "before the last row is read",
              below(first, None, [(whole, 1 / 2)]))


def million(options, work, table, alone):
    """Comms alone: the rivals take hours."""
    count = sum(1 for _ in mail.messages(options.million))
    tool = comms(options.binary, f"{work}/million", os.path.abspath(options.million), WORDS)
    table.head(f"Store: {count:,} messages, comms alone; beside it what the smaller store took")
    if not options.reuse:
        run = measure(tool.index, tool.env)
        if run.code:
            table.note(f"comms: exit {run.code} of `{' '.join(tool.index)}`")
        each = run.cpu / count * 1e3
        before = alone.per_message and alone.per_message * 1e3
        table.row("import, per message", each, "µs", [("before", before)], "≤ 1.25 × that",
                  below(each, None, [(before, 1.25)]))
        table.row("peak memory", run.peak, "MB", [], "≤ 200 MB", below(run.peak, 200))
        label([tool])
    for names, limit in ((NEWEST, None), (GROWING, 30)):
        for name in names:
            cpu = median(in_turns({"comms": (tool.searches[name], tool.env)}, options.runs, table.note)["comms"])
            before = alone.searches.get(name)
            target = f"≤ {limit} ms" if limit else "≤ 1.3 × that"
            table.row(name, cpu, "ms", [("before", before)], target,
                      below(cpu, limit, [] if limit else [(before, 1.3)]))
    first_byte(options, tool, table)
    table.row("store on disk", disk(tool.home), "MB")
