import { posix } from "node:path";

/**
 * Who may import whom. A file belongs to the first row whose `of` is a prefix of its path; it may import files whose
 * path starts with one of `may` (its own row always may, unless `siblings` is false). Everyone may import the words.
 */
interface Row {
  readonly of: string;
  readonly may: readonly string[];
  /** False: files of different subfolders (or different files) here never import each other. */
  readonly siblings?: false;
}

const words: ReadonlySet<string> = new Set([
  "src/call.ts",
  "src/canonical-json.ts",
  "src/message.ts",
  "src/reply.ts",
  "src/calendar-window.ts",
  "src/clock.ts",
  "src/calendar-window.ts",
  "src/errors.ts",
  "src/ids.ts",
  "src/json.ts",
  "src/nearest-name.ts",
  "src/tokens.ts",
  "src/event-stream.ts",
  "src/estimate-tokens.ts",
  "src/prompt-tokens.ts",
  "src/poll.ts",
]);

const rows: readonly Row[] = [
  // The words may name the types of what a call carries, nothing that runs.
  { of: "src/call.ts", may: ["src/endpoint/snapshot.ts"] },
  { of: "src/outbound.ts", may: ["src/socket-reads.ts"] },
  { of: "src/socket-reads.ts", may: [] },
  { of: "src/config.ts", may: [] },
  { of: "src/endpoint/", may: [] },
  { of: "src/contract/", may: ["src/endpoint/snapshot.ts", "src/endpoint/define-routing.ts"] },
  { of: "src/telemetry/", may: ["src/config.ts", "src/store/store.ts"] },
  { of: "src/store/", may: ["src/telemetry/logger.ts"] },
  {
    of: "src/usage/",
    may: [
      "src/store/store.ts",
      "src/store/usage.ts",
      "src/store/budget-alert.ts",
      "src/endpoint/snapshot.ts",
      "src/endpoint/define-budget.ts",
      "src/endpoint/time-zone-schema.ts",
      "src/providers/wire/parse-retry-after.ts",
      "src/outbound.ts",
      "src/config.ts",
      "src/telemetry/logger.ts",
    ],
  },
  {
    of: "src/pipeline/pipeline.ts",
    may: ["src/pipeline/", "src/providers/provider.ts", "src/store/journal.ts", "src/endpoint/not-built.ts"],
  },
  {
    of: "src/pipeline/",
    may: [
      "src/pipeline/stage.ts",
      "src/pipeline/watch-parts.ts",
      "src/pipeline/join-notes.ts",
      "src/pipeline/sum-cost.ts",
      "src/pipeline/outcome-deltas.ts",
      "src/endpoint/snapshot.ts",
      "src/endpoint/compile-schema.ts",
      "src/endpoint/define-endpoint.ts",
      "src/endpoint/define-routing.ts",
      "src/providers/provider.ts",
      "src/store/store.ts",
      "src/store/journal.ts",
      "src/contract/apply-delta.ts",
    ],
    siblings: false,
  },
  {
    of: "src/providers/",
    may: [
      "src/providers/provider.ts",
      "src/providers/wire/",
      "src/outbound.ts",
      "src/config.ts",
      "src/endpoint/snapshot.ts",
      "src/endpoint/define-config.ts",
      "src/endpoint/vendors.ts",
    ],
    siblings: false,
  },
  { of: "src/running-calls.ts", may: [] },
  {
    of: "src/open-answers.ts",
    may: [
      "src/endpoint/snapshot.ts",
      "src/pipeline/reuse/",
      "src/providers/local/embed.ts",
      "src/store/store.ts",
      "src/telemetry/logger.ts",
    ],
  },
  {
    of: "src/open-budgets.ts",
    may: [
      "src/gateway.ts",
      "src/endpoint/live-project.ts",
      "src/outbound.ts",
      "src/pipeline/budget/",
      "src/store/",
      "src/usage/",
    ],
  },
  { of: "src/live-switches.ts", may: ["src/store/store.ts", "src/telemetry/logger.ts"] },
  {
    of: "src/accept-call.ts",
    may: ["src/running-calls.ts", "src/gateway.ts", "src/pipeline/", "src/endpoint/snapshot.ts"],
  },
  {
    of: "src/connect-provider.ts",
    may: [
      "src/outbound.ts",
      "src/config.ts",
      "src/endpoint/define-config.ts",
      "src/endpoint/vendors.ts",
      "src/providers/",
    ],
  },
  // The composition root: with connect-provider.ts, the only file that names concrete providers and stores.
  {
    of: "src/gateway.ts",
    may: [
      "src/accept-call.ts",
      "src/connect-provider.ts",
      "src/live-switches.ts",
      "src/open-answers.ts",
      "src/open-budgets.ts",
      "src/outbound.ts",
      "src/config.ts",
      "src/endpoint/",
      "src/pipeline/",
      "src/providers/",
      "src/store/",
      "src/telemetry/",
      "src/usage/",
    ],
  },
  {
    of: "src/server/",
    may: [
      "src/gateway.ts",
      "src/contract/",
      "src/endpoint/snapshot.ts",
      "src/store/store.ts",
      "src/telemetry/logger.ts",
      "src/usage/",
    ],
  },
  {
    of: "src/headgate.ts",
    may: ["src/gateway.ts", "src/contract/", "src/config.ts", "src/endpoint/", "src/telemetry/"],
  },
  { of: "src/index.ts", may: ["src/headgate.ts", "src/contract/answer.ts", "src/endpoint/"] },
  {
    of: "src/cli/",
    may: [
      "src/headgate.ts",
      "src/gateway.ts",
      "src/config.ts",
      "src/server/",
      "src/contract/",
      "src/endpoint/",
      "src/store/",
      "src/telemetry/",
      "src/usage/",
      "src/outbound.ts",
      "src/providers/pick-provider.ts",
    ],
  },
  { of: "src/testing/", may: ["src/"] },
];

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly except: readonly string[];
}

const bans: readonly Ban[] = [
  { what: "reads process.env", pattern: /process\.env\b/, except: ["src/config.ts"] },
  { what: "calls JSON.parse", pattern: /JSON\.parse\(/, except: ["src/json.ts"] },
  { what: "imports undici", pattern: /from "undici"/, except: ["src/outbound.ts"] },
  {
    what: "calls fetch",
    pattern: /(?<![.\w])fetch\(/,
    except: ["src/outbound.ts", "src/contract/client.ts", "src/contract/docs-page.ts"],
  },
  { what: "imports the Postgres driver", pattern: /from "pg"/, except: ["src/store/"] },
  {
    what: "holds SQL",
    pattern: /["'`]\s*(?:select\s[^"'`]*\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+table)\s/i,
    except: ["src/store/"],
  },
  { what: "re-exports a whole module", pattern: /export \* from/, except: [] },
  { what: "has a default export", pattern: /^export default/m, except: ["src/cli/scaffold.ts"] },
];

export interface Breach {
  readonly file: string;
  readonly why: string;
}

/** Checks sources by path relative to the repository (`src/...`). */
export function findBreaches(sources: ReadonlyMap<string, string>): Breach[] {
  return [...sources].flatMap(([file, source]) =>
    [
      findForbiddenImports(file, source),
      bans
        .filter((ban) => !ban.except.some((path) => file.startsWith(path)) && ban.pattern.test(source))
        .map((ban) => ban.what),
      source.split("\n").length > 401 ? ["is longer than 400 lines"] : [],
      /\/(utils|helpers|core|common|misc|types)\//.test(file) ? ["stands in a folder named by nothing"] : [],
    ]
      .flat()
      .map((why) => ({ file, why })),
  );
}

function findForbiddenImports(file: string, source: string): string[] {
  const row = rows.find(({ of }) => file.startsWith(of));
  const imports = listImports(file, source);
  if (row)
    return imports.filter((imported) => !mayImport(row, file, imported)).map((imported) => `imports ${imported}`);
  if (!words.has(file)) return ["has no row in the import map"];
  return imports
    .filter((imported) => !words.has(imported))
    .map((imported) => `is one of the words and imports ${imported}`);
}

function mayImport(row: Row, file: string, imported: string): boolean {
  if (words.has(imported) || row.may.some((path) => imported.startsWith(path))) return true;
  if (!imported.startsWith(row.of)) return false;
  if (row.siblings !== false) return true;
  const ownFolder = /^src\/\w+\/[^/]+\//.exec(file)?.[0];
  return ownFolder !== undefined && imported.startsWith(ownFolder);
}

function listImports(file: string, source: string): string[] {
  const statements = source.matchAll(/^\s*(?:import|export)\b[^;]*?from\s+"(\.[^"]+)"|import\(\s*"(\.[^"]+)"\s*\)/gms);
  return [...statements].map((match) => posix.join(posix.dirname(file), match[1] ?? match[2] ?? ""));
}
