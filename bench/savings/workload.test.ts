import { expect, test } from "vitest";
import { describeWorkload } from "./describe-workload.ts";
import type { FeatureName } from "./item.ts";
import { tenants, traffic } from "./parameters.ts";
import { createWorkload } from "./workload.ts";

const full = createWorkload({ seed: "test", requests: 5000 });
const asks = full.bursts.flat();

test("the same seed gives the same requests, another one others", () => {
  const options = { seed: "twice", requests: 300 };
  expect(createWorkload(options)).toEqual(createWorkload(options));
  expect(createWorkload({ ...options, seed: "other" })).not.toEqual(createWorkload(options));
});

test("there are as many requests as asked for, in the declared mix", () => {
  expect(asks).toHaveLength(5000);
  expect(createWorkload({ seed: "test", requests: 601 }).bursts.flat()).toHaveLength(601);
  const shareOf = (of: (ask: (typeof asks)[number]) => boolean): number => asks.filter(of).length / asks.length;
  for (const [name, { share }] of Object.entries(traffic) as [FeatureName, { share: number }][])
    expect(shareOf(({ item }) => item.feature === name)).toBeCloseTo(share, 1);
  for (const [name, share] of Object.entries(tenants))
    expect(shareOf(({ tenant }) => tenant === name)).toBeCloseTo(share, 1);
});

test("requests are repeated about as often as published traffic is", () => {
  const { exactRepeats, rewordings, twins } = describeWorkload(full);
  expect(exactRepeats + twins).toBeGreaterThan(0.14);
  expect(exactRepeats + twins).toBeLessThan(0.22);
  expect(rewordings).toBeLessThan(0.12);
});

test("a repeat counts for its own tenant only, blanks aside", () => {
  const { item } = asks[0]!;
  const ask = { item, text: "How long?", tenant: "aurora" } as const;
  const shape = describeWorkload({
    items: [item],
    bursts: [
      [ask],
      [{ ...ask, text: "How  long? " }],
      [{ ...ask, tenant: "dorado" }],
      [{ ...ask, text: "how long?" }],
      [ask, ask],
    ],
  });
  expect(shape).toEqual({ requests: 6, items: 1, exactRepeats: 2 / 6, rewordings: 1 / 6, twins: 1 / 6 });
});
