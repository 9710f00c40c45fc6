// Loaded into a server by NODE_OPTIONS: on SIGUSR2 it writes what it holds, before and after a collection of garbage.
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  process.on("SIGUSR2", async () => {
    const before = process.memoryUsage();
    // What buffers held is given back between the two.
    collect();
    await sleep(300);
    collect();
    const after = process.memoryUsage();
    const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const descriptors = readdirSync("/proc/self/fd").map(readDescriptor);
    const sockets = descriptors.filter((target) => target.startsWith("socket:")).length;
    const report = { before, after, timers, sockets, descriptors: descriptors.length };
    process.stderr.write(`\nreport ${JSON.stringify(report)}\n`);
  });
}

// The one that reads the folder is gone when it is looked at.
function readDescriptor(name) {
  try {
    return readlinkSync(`/proc/self/fd/${name}`);
  } catch {
    return "";
  }
}
