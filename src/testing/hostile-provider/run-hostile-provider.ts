// A hostile provider in its own process: `node run-hostile-provider.ts [seed] [port] [models as JSON]` prints one JSON line with its URLs, and ends with its parent's stdin.
import { isRecord, parseJson } from "../../json.ts";
import { createHostileProvider } from "./hostile-provider.ts";
import type { HostileModel } from "./plan-answer.ts";

const [seed = "headgate", port = "0", models = "{}"] = process.argv.slice(2);
const parsed = parseJson(models);
const provider = await createHostileProvider({
  seed,
  port: Number(port),
  models: isRecord(parsed) ? (parsed as Record<string, HostileModel>) : {},
});
process.stdout.write(`${JSON.stringify({ url: provider.url, refusedUrl: provider.refusedUrl, pid: process.pid })}\n`);

async function end(): Promise<void> {
  await provider.close();
  process.exit(0);
}

process.stdin.resume();
process.stdin.once("end", () => void end());
process.once("SIGTERM", () => void end());
