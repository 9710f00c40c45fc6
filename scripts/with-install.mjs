// Runs an npm script after making sure that the dependencies of the lockfile are installed.
// Has to work on Node 20 without node_modules: a fresh shell then finds the repo's own, newer Node in node_modules/.bin.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [script, ...rest] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".installed");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

function npm(args) {
  const ran = spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (ran.error) throw ran.error;
  return ran.status ?? 1;
}

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.error("Installing the dependencies of package-lock.json (once) ...");
  const status = npm(["ci", "--no-fund", "--no-audit", "--loglevel=error"]);
  if (status !== 0) process.exit(status);
  writeFileSync(stamp, wanted);
}
process.exit(npm(["run", "--silent", script, ...(rest.length > 0 ? ["--", ...rest] : [])]));
