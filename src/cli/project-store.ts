import type { Environment } from "../config.ts";
import { openProjectStore } from "../gateway.ts";
import type { Store } from "../store/store.ts";
import { createLogger } from "../telemetry/logger.ts";

/** Opens the store for as long as `use` runs; its warnings go to standard error. @throws HeadgateError `store_locked`, `store_unavailable` */
export async function withProjectStore<T>(
  dataFolder: string,
  environment: Environment,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const { log, flush } = createLogger({ level: "error", destination: 2 });
  try {
    const store = await openProjectStore({ dataFolder, environment, log });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  } finally {
    flush();
  }
}
