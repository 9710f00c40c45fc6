import { existsSync, readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";

/** Made by the build, next to the built file: it spares a first start three seconds of work. Sources have none. */
const defaultArchive = new URL("./pgdata-18.tar.gz", import.meta.url);

/** An empty database as a tar archive: the built one, or, without it, what Postgres's initdb makes now. */
export async function readBaseArchive(built: URL = defaultArchive): Promise<Uint8Array> {
  return existsSync(built) ? gunzipSync(readFileSync(built)) : await makeBaseArchive();
}

/** For the build. */
export async function packBaseArchive(): Promise<Uint8Array> {
  return gzipSync(await makeBaseArchive());
}

async function makeBaseArchive(): Promise<Uint8Array> {
  const scratch = await PGlite.create();
  await scratch.exec("checkpoint");
  const archive = await scratch.dumpDataDir("none");
  await scratch.close();
  return new Uint8Array(await archive.arrayBuffer());
}
