// Compiles src/ into dist/. Skips the work when no source is newer than the last build.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "dist", ".built");

function newestUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, entry) => Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}

const newestSource = Math.max(
  newestUnder(join(root, "src")),
  ...["tsconfig.json", "tsconfig.build.json", "package.json"].map((file) => statSync(join(root, file)).mtimeMs),
);
if (existsSync(stamp) && statSync(stamp).mtimeMs > newestSource) process.exit(0);

rmSync(join(root, "dist"), { recursive: true, force: true });
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const built = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
cpSync(join(root, "src", "store", "migrations"), join(root, "dist", "store", "migrations"), { recursive: true });
const archived = spawnSync(process.execPath, [join(root, "scripts", "make-base-archive.mjs")], {
  cwd: root,
  stdio: "inherit",
});
if (archived.status !== 0) process.exit(archived.status ?? 1);
chmodSync(join(root, "dist", "cli", "main.js"), 0o755);
writeFileSync(stamp, "");
