import { afterAll, afterEach, beforeAll } from "vitest";
import { systemClock } from "../../clock.ts";
import type { Gateway } from "../../gateway.ts";
import { openStore } from "../../store/connect.ts";
import type { Store } from "../../store/store.ts";
import { createStoreFolder, type TemporaryFolder } from "../../testing/store-folder.ts";
import { createFixture } from "../server-fixture.ts";
import type { ServerDependencies } from "../server-dependencies.ts";
import { createServer, type Server } from "../server.ts";

export interface StartedServer {
  readonly server: Server;
  readonly url: string;
  readonly logLines: readonly Record<string, unknown>[];
}

/** Servers of a test file that share one real store, as processes do that come one after the other. */
export interface ServersOnStore {
  readonly store: () => Store;
  /** Until the test is over. */
  readonly start: (gateway: Partial<Gateway>, overrides?: Partial<ServerDependencies>) => Promise<StartedServer>;
}

export function useStore(): ServersOnStore {
  let folder: TemporaryFolder;
  let store: Store;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await createStoreFolder();
    store = await openStore({ folder: folder.path, clock: systemClock });
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  return {
    store: () => store,
    start: async (gateway, overrides) => {
      const { dependencies, logLines } = createFixture(gateway, { store, ...overrides });
      const server = createServer(dependencies);
      closers.push(() => server.close({ drainMs: 0 }));
      const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
      return { server, url, logLines };
    },
  };
}
