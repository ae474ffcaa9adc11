"""A model that says what a script says: Gemini's REST API as far as Gemini CLI asks it, on a loopback port.

A script is a list of (tool, arguments) or text. Turn n of a conversation plays entry n; what a tool answered is kept.
"""
import http.server
import json
import threading


class Model:
    def __init__(self, script):
        self.script = script
        self.answers = {}
        self.tools = set()
        self.context = ""
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.reply({"models": []})

            def do_POST(self):
                length = int(self.headers.get("content-length") or 0)
                asked = json.loads(self.rfile.read(length) or b"{}")
                verb = self.path.split("?")[0].rpartition(":")[2]
                if verb == "countTokens":
                    return self.reply({"totalTokens": 100})
                part = model.next(asked)
                answer = {
                    "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
                    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
                }
                if verb == "streamGenerateContent":
                    return self.reply(answer, stream=True)
                self.reply(answer)

            def reply(self, value, stream=False):
                body = json.dumps(value).encode()
                if stream:
                    body = b"data: " + body + b"\n\n"
                self.send_response(200)
                self.send_header("content-type", "text/event-stream" if stream else "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next(self, asked):
        """What the model says to this conversation."""
        settings = asked.get("generationConfig") or {}
        if settings.get("responseJsonSchema") or settings.get("responseSchema"):
            # Side questions: who speaks next, which model, is it going in circles.
            words = {"reasoning": "ok", "next_speaker": "user", "model_choice": "flash", "is_confused": False,
                     "unproductive_state_confidence": 0}
            return {"text": json.dumps(words)}
        self.tools |= {f["name"] for t in asked.get("tools", []) for f in t.get("functionDeclarations", [])}
        self.context = json.dumps(asked.get("systemInstruction", "")) + json.dumps(asked.get("contents", [])[:1])
        said = [c for c in asked.get("contents", []) if c.get("role") == "model"]
        responses = [p["functionResponse"] for c in asked.get("contents", []) for p in c.get("parts", [])
                     if "functionResponse" in p]
        for n, response in enumerate(responses):
            self.answers[n] = json.dumps(response.get("response", ""), ensure_ascii=False)
        turn = len(said)
        if turn >= len(self.script):
            return {"text": "done"}
        tool, arguments = self.script[turn]
        return {"functionCall": {"name": tool, "args": arguments}}
