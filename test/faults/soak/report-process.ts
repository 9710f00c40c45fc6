// Preloaded into a server under test: answers SIGUSR2 with one line on how its process fares.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readdirSync, readlinkSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

if (isMainThread) {
  process.on("SIGUSR2", () => {
    collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    const timers = resources.filter((name) => name === "Timeout").length;
    const descriptors = readdirSync("/proc/self/fd").map(readDescriptor);
    const sockets = descriptors.filter((target) => target.startsWith("socket:")).length;
    writeSync(
      2,
      `process-report ${JSON.stringify({ rss, heapUsed, external, timers, sockets, descriptors: descriptors.length })}\n`,
    );
  });
}

// The one that reads the folder is gone when it is looked at.
function readDescriptor(name: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${name}`);
  } catch {
    return "";
  }
}
