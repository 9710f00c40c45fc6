import type { FileLock } from "../../../src/store/file-lock.ts";
import { lockFolder } from "../../../src/store/embedded/lock-folder.ts";

/**
 * Runs for the lock of a folder on command, by message: "run" tries until it wins or `tryMs` are over, "free" lets go.
 * node racer.ts <folder> <tryMs>
 */
const [folder = "", tryMs = "100"] = process.argv.slice(2);
let lock: FileLock | undefined;

process.on("message", (command: "run" | "free") => {
  if (command === "free") {
    lock?.release();
    lock = undefined;
    process.send?.("free");
    return;
  }
  const untilMs = Date.now() + Number(tryMs);
  do lock = tryOnce();
  while (!lock && Date.now() < untilMs);
  process.send?.(lock ? "won" : "lost");
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

function tryOnce(): FileLock | undefined {
  try {
    return lockFolder(folder);
  } catch {
    return undefined;
  }
}
