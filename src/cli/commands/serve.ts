import type { Command } from "../command.ts";
import { serveOptions, serveProject } from "../serve-project.ts";

export const serve: Command = {
  usage:
    "[--project <folder>] [--host <address>] [--port <number>] [--drain <seconds>] [--lame-duck <seconds>] [--json]",
  description:
    "Serves the project. Every call needs an API key (headgate keys create), and the project or the environment must name a provider. The log goes to standard output, one JSON line per event, with or without --json. SIGTERM drains: /readyz turns red, calls go on for the lame duck, then nobody new is let in, and calls in flight finish.",
  options: serveOptions,
  positionals: 0,
  run: async (input, terminal) => {
    const serving = await serveProject(input, terminal, {
      auth: "keys",
      sources: ["hosted"],
      logTo: 1,
      defaultLameDuckMs: 5000,
    });
    const { url, gateway, log } = serving;
    // Before the first line of the log: whoever reads it may ask to stop at once.
    const stopped = terminal.untilStopped();
    log.info({ event: "server.started", url, snapshot: gateway.snapshot.id, store: gateway.store.kind });
    const signal = await stopped;
    log.info({ event: "server.stopping", signal });
    await serving.close(signal);
    return 0;
  },
};
