import { Client } from "pg";
import { systemClock } from "../clock.ts";
import { describeStore } from "../testing/store-conformance.ts";
import { createStoreFolder, createTemporaryFolder } from "../testing/store-folder.ts";
import { openStore } from "./connect.ts";

describeStore("embedded", async () => {
  const folder = await createStoreFolder();
  const store = await openStore({ folder: folder.path, clock: systemClock });
  return { store, release: async () => folder.remove() };
});

// Set by scripts/with-postgres.mjs.
const serverUrl = process.env.HEADGATE_TEST_DATABASE_URL;

if (serverUrl !== undefined) {
  describeStore("Postgres", async () => {
    const database = `headgate_test_${process.pid}`;
    await administer(serverUrl, `create database ${database}`);
    const url = new URL(serverUrl);
    url.pathname = `/${database}`;
    const folder = createTemporaryFolder();
    const store = await openStore({ databaseUrl: url.href, folder: folder.path, clock: systemClock });
    return {
      store,
      release: async () => {
        folder.remove();
        await administer(serverUrl, `drop database ${database} with (force)`);
      },
    };
  });
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
