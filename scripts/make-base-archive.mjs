// Writes the empty database that a first start of the embedded store begins with; run by the build, after the compiler.
// Making it takes seconds, so it is kept in node_modules/.cache for each version of PGlite.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packBaseArchive } from "../src/store/embedded/base-archive.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const engine = join(root, "node_modules", "@electric-sql", "pglite", "package.json");
const version = /"version": "([^"]+)"/.exec(readFileSync(engine, "utf8"))?.[1];
const kept = join(root, "node_modules", ".cache", "headgate", `pgdata-18-${version}.tar.gz`);

if (!existsSync(kept)) {
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(`${kept}.${process.pid}`, await packBaseArchive());
  renameSync(`${kept}.${process.pid}`, kept);
}
copyFileSync(kept, join(root, "dist", "store", "embedded", "pgdata-18.tar.gz"));
