import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord, parseJson } from "../json.ts";

/** This package's version, read from its manifest two folders up from both src/cli and dist/cli. */
export const packageVersion: string = readVersion();

function readVersion(): string {
  const manifest = parseJson(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  const version = isRecord(manifest) ? manifest["version"] : undefined;
  return typeof version === "string" ? version : "unknown";
}
