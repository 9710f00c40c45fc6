import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// In a process of its own: what else runs there would be counted. It has to end by itself, too.
const script = `
import { once } from "node:events";
import { connect } from "node:net";
import { createHostileProvider } from ${JSON.stringify(new URL("hostile-provider.ts", import.meta.url).href)};

const held = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Worker|MessagePort/.test(name));
const provider = await createHostileProvider();
const { url } = await provider.openTls("expired");
await provider.openBacklog();
const models = ["stall?ms=60000", "ttft", "never-read", "stall-keep-alive", "capacity?ms=60000", "blackhole"];
const closed = [];
const clients = [...models, url].map((model) => {
  const port = Number(new URL(model === url ? url : provider.url).port);
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  const body = JSON.stringify({ model: "fault:" + model, stream: true });
  socket.write("POST /v1/chat/completions HTTP/1.1\\r\\ncontent-length: " + body.length + "\\r\\n\\r\\n" + body);
  closed.push(new Promise((resolve) => socket.once("close", resolve)));
  return socket.resume();
});
await Promise.all(clients.map((socket) => once(socket, "connect")));
await provider.ledger.waitFor((entries) => entries.length === models.length);
const during = held().length;
await provider.close();
await Promise.all(closed);
await new Promise((resolve) => setImmediate(resolve));
console.log(JSON.stringify({ wasBusy: during > 10, left: held() }));
`;

test("closing leaves no socket, no timer and no thread", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    timeout: 15_000,
  });
  expect(stdout.trim()).toBe('{"wasBusy":true,"left":[]}');
});
