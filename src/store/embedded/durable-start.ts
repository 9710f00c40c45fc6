import { PGlite } from "@electric-sql/pglite";

const settings = [
  "fsync=on",
  // The only method that goes through the file system's fsync: the others end in functions that do nothing here.
  "wal_sync_method=fsync",
  "synchronous_commit=on",
  "max_wal_size=128MB",
  "min_wal_size=32MB",
];

/** How the engine is started: as PGlite does it, without its `-F`, which turns syncing off. */
export const durableStart: string[] = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  ...settings.flatMap((setting) => ["-c", setting]),
];
