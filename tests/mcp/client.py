"""A whole session by the Python SDK of MCP, over stdio: client.py COMMS. Its client checks each answer against the
output schema that its tool promised."""

import asyncio
import os
import subprocess
import sys
import tempfile

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

HERE = os.path.dirname(os.path.abspath(__file__))
held = failed = 0


def check(name, holds, told=""):
    global held, failed
    if holds:
        held += 1
        print(f"{name}: holds")
    else:
        failed += 1
        print(f"{name}: FAILED {told}")


def field(thing, *names):
    """The SDK has renamed its fields between versions."""
    for name in names:
        if hasattr(thing, name):
            return getattr(thing, name)
    return None


def document(result):
    return field(result, "structured_content", "structuredContent")


def is_error(result):
    return bool(field(result, "is_error", "isError"))


async def session(binary, env):
    server = StdioServerParameters(command=binary, args=["mcp", "--allow-send"], env=env)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as client:
        hello = await client.initialize()
        info = field(hello, "server_info", "serverInfo")
        check("it says who it is", info.name == "comms" and info.version, info)
        tools = (await client.list_tools()).tools
        check("sixteen tools", len(tools) == 16, [tool.name for tool in tools])
        inbox = await client.call_tool("inbox", {"freshness": "offline", "limit": 5})
        threads = document(inbox)["threads"]
        check("the inbox is listed", len(threads) == 5 and not is_error(inbox), inbox)
        page = await client.call_tool("inbox", {"freshness": "offline", "limit": 5, "after": document(inbox)["next"]})
        others = document(page)["threads"]
        check("page by page", others and others[0]["id"] not in {t["id"] for t in threads}, page)
        found = await client.call_tool("search", {"query": "is:unread", "limit": 3})
        one = document(found)["messages"][0]["id"]
        check("a search finds", one.startswith("m"), found)
        message = await client.call_tool("read", {"id": one})
        check("a message is read", document(message)["untrusted"] is True, message)
        check("its text is fenced", "untrusted data" in message.content[0].text.splitlines()[0], message)
        send = {"to": ["ada@localhost"], "subject": "Lunch", "text": "At one?", "key": "client"}
        for turn in ("a message is held", "and once"):
            sent = await client.call_tool("send", send)
            item = document(sent)["items"][0]
            check(turn, item["state"] == "held" and item["id"] == "o1", sent)
        draft = await client.call_tool("reply", {"id": one, "text": "Fine.", "draft": True, "from": "ada@localhost"})
        check("a reply is tried", document(draft)["schema"] in ("comms.send/1", "comms.error/1"), draft)
        outbox = await client.call_tool("outbox", {})
        check("the outbox has it", any(i["id"] == "o1" for i in document(outbox)["items"]), outbox)
        gone = await client.call_tool("outbox_cancel", {"id": "o1"})
        check("it is cancelled", document(gone)["state"] == "cancelled", gone)
        marked = await client.call_tool("mark", {"ids": [one], "star": True})
        check("a message is marked", document(marked)["messages"][0]["starred"] is True, marked)
        for tool, arguments in (("contacts_find", {"query": "ada"}), ("costs", {}), ("status", {})):
            answer = await client.call_tool(tool, arguments)
            check(tool, not is_error(answer) and document(answer), answer)
        wrong = await client.call_tool("read", {"id": "m99999"})
        check("what is not there", is_error(wrong) and document(wrong)["error"]["code"] == "not_found", wrong)
        resources = (await client.list_resources()).resources
        check("resources are listed", str(resources[0].uri).startswith("comms://threads/"), resources)
        read = await client.read_resource(resources[0].uri)
        check("a resource is read", "untrusted data" in read.contents[0].text, read)
        templates = await client.list_resource_templates()
        named = {template.name for template in field(templates, "resource_templates", "resourceTemplates")}
        check("templates", named == {"message", "thread", "contact", "attachment"}, templates)
        prompts = (await client.list_prompts()).prompts
        check("prompts", {p.name for p in prompts} == {"triage", "draft_reply", "summarise_thread"}, prompts)
        prompt = await client.get_prompt("summarise_thread", {"id": threads[0]["id"]})
        check("a prompt holds the thread", len(prompt.messages) == 2, prompt)
        await client.send_ping()
        check("a ping", True)


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "COMMS_HOME": os.path.join(home, "comms")}
        os.mkdir(env["COMMS_HOME"])
        mail = os.path.join(HERE, "..", "..", "examples", "sample.mbox")
        subprocess.run([binary, "import", mail], env=env, check=True, stdout=subprocess.DEVNULL)
        asyncio.run(session(binary, env))
    print(f"{held} hold, {failed} fail")
    sys.exit(failed > 0)


main()
