import type { CommandEntry } from "./command.ts";

/** In the order of the help. Loaded one at a time: most commands bring the whole gateway along. */
export const commands: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "Create a project that runs.",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "dev",
    summary: "Serve the project on this machine and reload it on change.",
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  {
    name: "serve",
    summary: "Serve the project to clients with API keys.",
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  {
    name: "call",
    summary: "Call an endpoint with an input and print the answer.",
    load: async () => (await import("./commands/call.ts")).call,
  },
  {
    name: "check",
    summary: "Report every mistake in the project.",
    load: async () => (await import("./commands/check.ts")).check,
  },
  {
    name: "models",
    summary: "List the project's models with prices.",
    load: async () => (await import("./commands/models.ts")).models,
  },
  {
    name: "routes",
    summary: "List the project's rule sets, switch them, and go back.",
    load: async () => (await import("./commands/routes.ts")).routes,
  },
  {
    name: "replay",
    summary: "Try a rule set on recorded calls.",
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  {
    name: "keys",
    summary: "Create, list and revoke API keys.",
    load: async () => (await import("./commands/keys.ts")).keys,
  },
  {
    name: "usage",
    summary: "Tell what calls have taken and cost, and what budgets have left.",
    load: async () => (await import("./commands/usage.ts")).usage,
  },
  {
    name: "doctor",
    summary: "Check the machine, the project, the store and the provider.",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
];
