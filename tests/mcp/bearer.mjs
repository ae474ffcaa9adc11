// Passes requests on with a key: `node bearer.mjs PORT TARGET_PORT KEY`. The conformance suite knows no keys.
import http from "node:http";

const [port, target, key] = process.argv.slice(2);
http.createServer((asked, answer) => {
  const onward = http.request(
    {
      host: "127.0.0.1", port: target, method: asked.method, path: asked.url,
      headers: { ...asked.headers, authorization: `Bearer ${key}` },
    },
    (answered) => {
      answer.writeHead(answered.statusCode, answered.headers);
      answer.flushHeaders();
      answered.pipe(answer);
    },
  );
  onward.on("error", () => answer.destroy());
  answer.on("close", () => onward.destroy());
  asked.pipe(onward);
}).listen(Number(port), "127.0.0.1");
