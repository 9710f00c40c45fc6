import type { Command } from "../command.ts";
import { serveOptions, serveProject } from "../serve-project.ts";

export const serve: Command = {
  name: "serve",
  summary: "Serve the project to clients with API keys.",
  usage: "[--project <folder>] [--host <address>] [--port <number>]",
  description:
    "Serves the project. Every call needs an API key (headgate keys create), and the project or the environment must name a provider. The log goes to standard output, one JSON line per event. SIGTERM drains: calls in flight finish, new ones get 503.",
  options: serveOptions,
  positionals: 0,
  run: async (input, terminal) => {
    const serving = await serveProject(input, terminal, { auth: "keys", sources: ["hosted"], logTo: 1 });
    const { url, gateway, log } = serving;
    log.info({ event: "server.started", url, snapshot: gateway.snapshot.id, store: gateway.store.kind });
    const signal = await terminal.untilStopped();
    log.info({ event: "server.stopping", signal });
    await serving.close();
    return 0;
  },
};
