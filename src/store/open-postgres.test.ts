import { createServer } from "node:net";
import { pino } from "pino";
import { expect, test } from "vitest";
import { HeadgateError } from "../errors.ts";
import { openPostgres, refuseOldServer } from "./open-postgres.ts";

const log = pino({ enabled: false });

async function refuse(databaseUrl: string): Promise<HeadgateError> {
  const error: unknown = await openPostgres({ databaseUrl, log, statementLimitMs: 1000 }).catch(
    (reason: unknown) => reason,
  );
  if (!HeadgateError.is(error)) throw new Error("It was not refused.");
  return error;
}

test("an address that is none is refused before anything is tried", async () => {
  for (const url of ["localhost:5432", "mysql://localhost/x", "postgres://[", ""]) {
    expect(await refuse(url)).toMatchObject({
      code: "config_invalid",
      detail: expect.stringContaining("DATABASE_URL"),
    });
  }
});

test("a server that is not there is named, without the password", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const error = await refuse(`postgres://me:secret@127.0.0.1:${port}/x`);
  expect(error).toMatchObject({ code: "store_unavailable", detail: expect.stringContaining(`127.0.0.1:${port}`) });
  expect(error.detail).not.toContain("secret");
});

test("a server that hangs up is not available", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  expect(await refuse(`postgres://127.0.0.1:${port}/x`)).toMatchObject({ code: "store_unavailable" });
  await new Promise((resolve) => server.close(resolve));
});

test("Postgres 15 is old enough, and 14 is not", async () => {
  const version = (number: string): Parameters<typeof refuseOldServer>[0] => ({
    query: async <Row>() => [{ version: number }] as unknown as readonly Row[],
  });
  await expect(refuseOldServer(version("150003"))).resolves.toBeUndefined();
  await expect(refuseOldServer(version("140021"))).rejects.toMatchObject({
    code: "config_invalid",
    detail: expect.stringMatching(/Postgres 14.*15 or newer/),
  });
});
