// Preloaded into a server under test: answers SIGUSR2 with one line on how its process fares.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readdirSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

if (isMainThread) {
  process.on("SIGUSR2", () => {
    collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    const timers = resources.filter((name) => name === "Timeout").length;
    const descriptors = readdirSync("/proc/self/fd").length;
    writeSync(2, `process-report ${JSON.stringify({ rss, heapUsed, external, timers, descriptors })}\n`);
  });
}
