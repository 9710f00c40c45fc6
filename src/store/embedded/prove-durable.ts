import type { PGlite } from "@electric-sql/pglite";

/**
 * Commits once and looks whether the disk was asked to confirm it. The durable file system reaches into PGlite's
 * insides, so an update of PGlite could silently undo it.
 * @throws Error if a commit does not reach the disk.
 */
export async function proveDurable(engine: PGlite, disk: { readonly syncCount: number }): Promise<void> {
  const { rows } = await engine.query<{ fsync: string }>("show fsync");
  if (rows[0]?.fsync !== "on") throw new Error("Commits would not reach the disk: fsync is off.");
  const before = disk.syncCount;
  await engine.query("select pg_logical_emit_message(true, 'headgate', 'probe')");
  if (disk.syncCount === before) throw new Error("Commits do not reach the disk: a commit made no fsync.");
}
