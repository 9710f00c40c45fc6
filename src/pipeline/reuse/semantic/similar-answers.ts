import type { Call } from "../../../call.ts";
import type { Clock } from "../../../clock.ts";
import { separateTexts } from "./free-texts.ts";
import type { SemanticIndex, SemanticQuery } from "./semantic-index.ts";

export interface SimilarAnswersOptions {
  readonly index: SemanticIndex;
  readonly clock: Pick<Clock, "now">;
  /** What has to be equal beside the texts: everything that the answer hangs on, with `rest` in place of the input. */
  readonly toScope: (call: Call, rest: unknown) => string;
}

/** Whose answer it is, and the hash that it is kept by. */
interface KeptKey {
  readonly tenant: string;
  readonly hash: string;
}

/** The kept answers of endpoints that declare `reuse.semantic`, by what their requests mean. */
export interface SimilarAnswers {
  /** The key of an answer to a request that meant the same, of the same tenant. Never rejects. */
  readonly findSimilar: (call: Call, key: KeptKey) => Promise<KeptKey | undefined>;
  /** An answer to the call is kept by the key from now on. */
  readonly add: (call: Call, key: KeptKey) => void;
}

export function createSimilarAnswers({ index, clock, toScope }: SimilarAnswersOptions): SimilarAnswers {
  const toQuery = (call: Call, tenant: string): SemanticQuery | undefined => {
    const separated = call.endpoint && separateTexts(call.input, call.endpoint.input.jsonSchema);
    return separated && { tenant, scope: toScope(call, separated.rest), texts: separated.texts };
  };
  return {
    async findSimilar(call, { tenant }) {
      const semantic = call.endpoint?.reuse?.semantic;
      const query = semantic && toQuery(call, tenant);
      const hash = query && (await index.find(query, semantic.similarity));
      return hash === undefined ? undefined : { tenant, hash };
    },
    add(call, { tenant, hash }) {
      const reuse = call.endpoint?.reuse;
      const query = reuse?.semantic && toQuery(call, tenant);
      if (query) index.add(query, hash, clock.now() + reuse.ttlSeconds * 1000);
    },
  };
}
