import type { describeRetries } from "../gateway.ts";
import type { TimeoutOptions } from "../endpoint/define-config.ts";
import type { Resilience } from "../endpoint/snapshot.ts";
import type { DescribedRoute } from "./describe-routes.ts";
import { formatTable } from "./format-table.ts";

/** Health of a deployment, as the running server tells it. */
export interface Breaker {
  readonly provider: string;
  readonly model: string;
  readonly state: string;
  readonly failuresInWindow?: number;
  readonly resultsInWindow?: number;
  readonly inFlight?: number;
  readonly limit?: number;
  readonly latencyMs?: number;
  readonly lastFailure?: string;
  /** By `requests` and `tokens`. */
  readonly providerLimits?: Readonly<Record<string, ProviderLimit>>;
}

interface ProviderLimit {
  readonly limit?: number;
  readonly remaining: number;
}

export interface RetryReport {
  readonly decisions: ReturnType<typeof describeRetries>;
  readonly resilience: Resilience;
  readonly routes: readonly DescribedRoute[];
  /** Null: no server is running, or it does not tell. */
  readonly breakers: readonly Breaker[] | null;
}

/** For people; `--json` prints the report itself. */
export function formatRetries({ decisions, resilience, routes, breakers }: RetryReport): string {
  const blocks = [
    "What a failed model call leads to:",
    formatTable([
      ["DECISION", "CODE", "WHEN", "WHY"],
      ...decisions.map(({ decision, code, when, why }) => [decision, code, when, why]),
    ]),
    formatTable(meanings),
    "What the project declares:",
    formatTable(toSettings(resilience, routes)),
    routes.length === 0 ? "It declares no models.\n" : formatRoutes(routes),
    ...(breakers ? ["What the running server sees:", formatBreakers(breakers)] : []),
  ];
  return blocks.map((block) => (block.endsWith("\n") ? block : `${block}\n`)).join("\n");
}

const meanings: readonly (readonly [decision: string, meaning: string])[] = [
  ["retry", "at another deployment at once, else at the same one after a wait, then the tier's next model"],
  ["rotate", "at another deployment, else the tier's next model; never again where it failed"],
  ["larger-context", "the tier's next model whose context window is known to be larger"],
  ["skip", "as rotate; nobody was asked, so no attempt is counted"],
  ["stop", "the request fails"],
];

function toSettings({ maxAttempts, rescue, hedge }: Resilience, routes: readonly DescribedRoute[]): string[][] {
  const canHedge = routes.some(({ candidates }) => candidates.some(({ deployments }) => deployments.length > 1));
  const held = rescue && rescue.holdBackChars > 0 ? `, the first ${rescue.holdBackChars} characters are held back` : "";
  return [
    ["attempts", `${maxAttempts} model call${maxAttempts === 1 ? "" : "s"} at most for one request`],
    [
      "rescue",
      rescue
        ? `a stream that breaks is ${rescue.continuation ? "started over or continued" : "started over"}${held}`
        : "off: a stream that breaks ends with an error",
    ],
    [
      "hedge",
      hedge
        ? `a second deployment is asked after ${formatMs(hedge.afterMs)} without content, for $${hedge.maxUsdPerHour} an hour at most${canHedge ? "" : ": no model has one yet"}`
        : "off",
    ],
  ];
}

const usual =
  "\nusual: shorter where another model or deployment stands by, longer for a model that thinks; never beyond the request's deadline.\n";

function formatRoutes(routes: readonly DescribedRoute[]): string {
  const head = ["TIER", "ORDER", "MODEL", "DEPLOYMENTS", "FIRST TOKEN", "BETWEEN CONTENT", "WHOLE ANSWER"];
  const rows = routes.flatMap(({ tier, candidates }) =>
    candidates.map(({ model, deployments, timeouts }, index) => [
      index === 0 ? (tier ?? "-") : "",
      String(index + 1),
      model,
      deployments
        .map((place) => `${place.provider}/${place.model}${deployments.length > 1 ? ` x${place.weight}` : ""}`)
        .join(", "),
      ...toCells(timeouts),
    ]),
  );
  const lonely = routes.filter(({ hasStandby, tier }) => tier !== null && !hasStandby).map(({ tier }) => tier);
  const advice = `\nNothing stands by for ${lonely.join(", ")}: list a second model in the tier, or give the model deployments.\n`;
  return `${formatTable([head, ...rows])}${usual}${lonely.length > 0 ? advice : ""}`;
}

function toCells({ firstTokenMs, betweenContentMs, wholeAnswerMs }: TimeoutOptions): string[] {
  return [firstTokenMs, betweenContentMs, wholeAnswerMs].map((ms) => (ms === undefined ? "usual" : formatMs(ms)));
}

function formatBreakers(breakers: readonly Breaker[]): string {
  if (breakers.length === 0) return "It has called no model yet.\n";
  return formatTable([
    ["DEPLOYMENT", "BREAKER", "FAILURES", "IN FLIGHT", "FIRST TOKEN", "PROVIDER'S LIMITS", "LAST FAILURE"],
    ...breakers.map((breaker) => [
      `${breaker.provider}/${breaker.model}`,
      breaker.state,
      `${breaker.failuresInWindow ?? "?"} of ${breaker.resultsInWindow ?? "?"}`,
      `${breaker.inFlight ?? "?"} of ${breaker.limit ?? "?"}`,
      breaker.latencyMs === undefined ? "-" : formatMs(Math.round(breaker.latencyMs)),
      formatLimits(breaker.providerLimits),
      breaker.lastFailure ?? "-",
    ]),
  ]);
}

/** What is left, as `3 of 60 requests`. */
function formatLimits(limits: Breaker["providerLimits"] = {}): string {
  const left = Object.entries(limits).map(
    ([unit, { limit, remaining }]) => `${remaining}${limit === undefined ? "" : ` of ${limit}`} ${unit}`,
  );
  return left.length === 0 ? "-" : left.join(", ");
}

function formatMs(ms: number): string {
  return `${ms.toLocaleString("en-US")} ms`;
}
