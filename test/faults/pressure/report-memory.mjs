// Loaded into a server by NODE_OPTIONS: on SIGUSR2 it writes what memory it uses, as it is and after a collection.
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
    process.stderr.write(`\nmemory ${JSON.stringify({ before, after })}\n`);
  });
}
