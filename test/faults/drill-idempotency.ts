import { playIdempotency } from "./reuse/idempotency-part.ts";

/**
 * Is a request with an Idempotency-Key carried out once, whoever else sends it and whatever is killed? The bar: 1 call of
 * the model for 1,000 requests at once, all with the same answer; after each kill no request that is carried out again; and
 * two tenants with the same key that never meet.
 */
const { lines, wrong } = await playIdempotency(process.argv.includes("--short"));
for (const line of lines) console.log(`  ${line}`);
for (const text of wrong.slice(0, 20)) console.log(`X ${text}`);
console.log(`idempotency: ${wrong.length} wrong (bar 0)`);
process.exitCode = wrong.length === 0 ? 0 : 1;
