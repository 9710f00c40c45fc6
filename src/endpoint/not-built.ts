/**
 * What the design promises and this version does not do yet. Declaring it is a load error: a project must not believe
 * that a limit or a guard is in force. Each name leads to the stage or part that will carry it; building one is deleting its rows.
 */
export const notBuilt = {
  /** Keys of an endpoint's definition. */
  endpointKeys: {
    guard: "guard-input",
    safety: "guard-input",
    retrieval: "retrieve",
    rag: "retrieve",
    documents: "retrieve",
    cache: "reuse-reply",
    guardOutput: "guard-output",
    tools: "run-tools",
    evals: "evals",
    jobs: "jobs",
    webhooks: "jobs",
  },
  /** Keys of the project's config. */
  configKeys: {
    safety: "guard-input",
    retrieval: "retrieve",
    cache: "reuse-reply",
    tools: "run-tools",
    evals: "evals",
    jobs: "jobs",
    webhooks: "jobs",
  },
  /** Files and folders of the project. */
  projectEntries: {
    tools: "run-tools",
    documents: "retrieve",
    evals: "evals",
    "contracts.lock.json": "contract-lock",
  },
  /** Files and folders beside an endpoint. */
  endpointEntries: {
    evals: "evals",
    tools: "run-tools",
    documents: "retrieve",
  },
  /** Keys of a release table's entry, which is only a version so far. */
  releaseKeys: {
    labels: "assemble-prompt",
    traffic: "assemble-prompt",
    guard: "assemble-prompt",
    gate: "evals",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The message for `name` if it stands in a table of `notBuilt`. */
export function describeNotBuilt(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? notBuiltMessage(`"${name}"`) : undefined;
}

/** @param what the subject of the sentence, such as `"tools"` or `a list of models`. */
export function notBuiltMessage(what: string): string {
  return `${what} is not built yet in this version: remove it.`;
}
