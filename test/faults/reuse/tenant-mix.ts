import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "../../../src/config.ts";
import { openGateway, type OpenGateway } from "../../../src/gateway.ts";
import { createLogger } from "../../../src/telemetry/logger.ts";
import { createRandom } from "../../../src/testing/hostile-provider/known-text.ts";
import { createScriptedProvider, type ScriptedProvider } from "../../../src/testing/scripted-provider.ts";
import { operations, type Operation } from "./operations.ts";

export interface MixResult {
  readonly operations: number;
  readonly tenants: number;
  readonly answers: number;
  readonly upstreamCalls: number;
  /** Answers that were seen by more than one tenant. */
  readonly crossings: number;
  /** By status of reuse, how many answers. */
  readonly statuses: ReadonlyMap<string, number>;
  readonly wrong: readonly string[];
}

const tenants = ["acme", "globex", "initech", "umbrella"];
const questions = Array.from({ length: 40 }, (_, index) => `What is question ${index} about?`);
const atOnce = 32;
/** The gateway is opened anew so often: what it then gives comes from its store. */
const lives = 4;

/** Tenants who ask for the same things in every way, all at once: the model numbers its answers, so that each is one tenant's. */
export async function playTenants(count: number): Promise<MixResult> {
  let answered = 0;
  const provider = await createScriptedProvider({ answer: () => ({ json: { number: ++answered } }) });
  const folder = mkdtempSync(join(tmpdir(), "headgate-reuse-"));
  const watch = new Watch();
  try {
    for (let life = 0; life < lives; life++) {
      const gateway = await open(provider, folder);
      try {
        await playLife({ gateway, watch, random: createRandom(`life ${life}`), count: Math.ceil(count / lives) });
      } finally {
        await gateway.close();
      }
    }
  } finally {
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return watch.toResult(answered);
}

function open(provider: ScriptedProvider, dataFolder: string): Promise<OpenGateway> {
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
  const number = { type: "object", properties: { number: { type: "integer" } }, required: ["number"] };
  return openGateway({
    config: {
      providers: { mine: { type: "openai-chat", baseUrl: provider.url } },
      models: { m: { provider: "mine" } },
      tiers: { fast: "m", standard: "m", smart: "m" },
      // So little that much of it is given up, and found in the store.
      reuse: { maxMemoryBytes: 64 * 1024, dialects: { ttlSeconds: 10 } },
      endpoints: {
        ask: {
          description: "Answers.",
          input: text,
          output: number,
          route: "standard",
          reuse: { ttlSeconds: 10 },
          prompts: { "1.0.0": "---\nversion: 1.0.0\n---\nAnswer: {{text}}\n" },
        },
      },
    },
    dataFolder,
    environment: readEnvironment({}),
    sources: [],
    log,
    logCall,
  });
}

interface Life {
  readonly gateway: OpenGateway;
  readonly watch: Watch;
  readonly random: () => number;
  readonly count: number;
}

async function playLife({ gateway, watch, random, count }: Life): Promise<void> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const weighted = operations.flatMap((operation) => Array.from({ length: operation.weight }, () => operation));
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const tenant = pick(tenants);
      const operation: Operation = pick(weighted);
      try {
        const seen = await operation.run({ gateway, tenant, question: pick(questions), random });
        watch.see(tenant, seen);
      } catch (error) {
        watch.wrong.push(`${operation.name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  watch.operations += count;
}

/** Whose each answer is: of the tenant that has seen it first. */
class Watch {
  operations = 0;
  readonly wrong: string[] = [];
  readonly #owners = new Map<number, string>();
  readonly #statuses = new Map<string, number>();
  #answers = 0;
  #crossings = 0;

  see(tenant: string, seen: readonly { readonly number: number; readonly status: string }[]): void {
    for (const { number, status } of seen) {
      const owner = this.#owners.get(number) ?? tenant;
      this.#owners.set(number, owner);
      if (owner !== tenant) this.#crossings++;
      this.#answers++;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
  }

  toResult(upstreamCalls: number): MixResult {
    // Otherwise nothing was tried.
    for (const status of ["miss", "hit", "join", "bypass"]) {
      if (!this.#statuses.has(status)) this.wrong.push(`no answer was a ${status}`);
    }
    return {
      operations: this.operations,
      tenants: tenants.length,
      answers: this.#answers,
      upstreamCalls,
      crossings: this.#crossings,
      statuses: this.#statuses,
      wrong: this.wrong,
    };
  }
}
