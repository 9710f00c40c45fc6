import { playIdempotency } from "./reuse/idempotency-part.ts";
import { playSharedCases, type SharedCase } from "./reuse/shared-calls.ts";
import { playTenants } from "./reuse/tenant-mix.ts";

/**
 * Is one answer enough for all who ask for the same at once, and does no tenant ever get another's? The bar: 1 call of the
 * model for 1,000 requests, whoever leaves, each with the whole answer and one of them with the costs; and of 100,000
 * operations of 4 tenants that ask for the same things, none sees an answer that another tenant has seen. And a
 * request with an Idempotency-Key is carried out once: of 1,000 at once, after each kill, and by each of two tenants.
 */
const isShort = process.argv.includes("--short");
const requests = isShort ? 200 : 1000;
const operations = isShort ? 10_000 : 100_000;

const cases: readonly SharedCase[] = [
  { name: "plain", requests, isStream: () => false, firstLeaves: false },
  { name: "streamed", requests, isStream: () => true, firstLeaves: false },
  { name: "plain and streamed", requests, isStream: (index) => index % 2 === 0, firstLeaves: false },
  { name: "plain, the first leaves", requests, isStream: () => false, firstLeaves: true },
  { name: "streamed, the first leaves", requests, isStream: () => true, firstLeaves: true },
];

const shared = await playSharedCases(cases);
for (const { name, upstreamCalls, answers, wrong } of shared) {
  console.log(`${name}: ${requests} requests, ${upstreamCalls} calls of the model, ${answers} answers`);
  for (const text of wrong) console.log(`X ${name}: ${text}`);
}
const mix = await playTenants(operations);
for (const [status, count] of mix.statuses) console.log(`  ${status}: ${count}`);
for (const text of mix.wrong.slice(0, 20)) console.log(`X ${text}`);
const keyed = await playIdempotency(isShort);
for (const line of keyed.lines) console.log(line);
for (const text of keyed.wrong.slice(0, 20)) console.log(`X ${text}`);
const wrong = shared.reduce((sum, result) => sum + result.wrong.length, mix.wrong.length + keyed.wrong.length);
console.log(
  `reuse: ${mix.operations} operations of ${mix.tenants} tenants, ${mix.answers} answers, ${mix.upstreamCalls} calls of the model, ${mix.crossings} answers seen by two tenants (bar 0), ${wrong} wrong (bar 0)`,
);
process.exitCode = wrong === 0 && mix.crossings === 0 ? 0 : 1;
