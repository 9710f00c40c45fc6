import { expect, test } from "vitest";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { Switch } from "../../store/store.ts";
import { createRuleSets, type RuleSets } from "./rule-sets.ts";

function snapshotOf(id: string, versions: readonly string[]): Snapshot {
  const sets = versions.map((version) => [version, { version, rules: [], otherwise: version }] as const);
  return {
    id,
    endpoints: new Map(),
    providers: new Map(),
    models: new Map(),
    tiers: new Map(),
    resilience: defaultResilience,
    ...(versions.length === 0 ? {} : { routing: { sets: new Map(sets), use: versions[0]! } }),
  };
}

interface World {
  readonly ruleSets: RuleSets;
  readonly reload: (snapshot: Snapshot) => void;
  /** As another process would. */
  readonly setElsewhere: (value: string) => void;
  readonly warnings: string[];
}

function setup(first: Snapshot): World {
  let declared = first;
  let stored: Switch | undefined;
  const set = (value: string): void => {
    const previous = stored && stored.value !== value ? stored.value : stored?.previous;
    stored = { name: "routes", value, changedAtMs: 0, ...(previous === undefined ? {} : { previous }) };
  };
  const warnings: string[] = [];
  const ruleSets = createRuleSets({
    declaredSnapshot: () => declared,
    switches: {
      find: (name) => (name === "routes" ? stored : undefined),
      set: async (_name, value) => set(value),
    },
    onUnknown: (version, inForce) => warnings.push(`${version} ${inForce}`),
  });
  return { ruleSets, reload: (snapshot) => (declared = snapshot), setElsewhere: set, warnings };
}

test("what is declared is in force until it is switched, and a rollback goes back there", async () => {
  const { ruleSets } = setup(snapshotOf("0123456789ab", ["v1", "v2", "v3"]));
  const before = ruleSets.snapshot;
  expect(ruleSets.list()).toMatchObject({ inForce: "v1", declared: "v1" });
  expect(ruleSets.list()).not.toHaveProperty("previous");
  expect(await ruleSets.use("v2")).toMatchObject({ inForce: "v2", declared: "v1", previous: "v1" });
  expect(ruleSets.snapshot.routing?.use).toBe("v2");
  expect(ruleSets.snapshot.id).toMatch(/^[0-9a-f]{12}$/);
  expect(ruleSets.snapshot.id).not.toBe(before.id);
  // A call that began before keeps what it began with.
  expect(before.routing?.use).toBe("v1");
  expect(await ruleSets.rollback()).toMatchObject({ inForce: "v1", previous: "v2" });
  expect(ruleSets.snapshot.id).toBe(before.id);
  await ruleSets.use("v2");
  await ruleSets.use("v3");
  expect(await ruleSets.rollback()).toMatchObject({ inForce: "v2", previous: "v3" });
});

test("the snapshot is made once for each switch and reload", async () => {
  const { ruleSets, reload } = setup(snapshotOf("s1", ["v1", "v2"]));
  await ruleSets.use("v2");
  const applied = ruleSets.snapshot;
  expect(ruleSets.snapshot).toBe(applied);
  expect(Object.isFrozen(applied)).toBe(true);
  reload(snapshotOf("s2", ["v1", "v2"]));
  expect(ruleSets.snapshot.routing?.use).toBe("v2");
  expect(ruleSets.snapshot.id).not.toBe(applied.id);
});

test("a version that is not declared leaves the declared one in force, and is told once", async () => {
  const { ruleSets, setElsewhere, reload, warnings } = setup(snapshotOf("s1", ["v1", "v2"]));
  setElsewhere("v9");
  expect(ruleSets.snapshot.routing?.use).toBe("v1");
  expect(ruleSets.snapshot.id).toBe("s1");
  reload(snapshotOf("s2", ["v1", "v2"]));
  expect(ruleSets.snapshot.id).toBe("s2");
  expect(warnings).toEqual(["v9 v1"]);
  reload(snapshotOf("s3", ["v1", "v9"]));
  expect(ruleSets.snapshot.routing?.use).toBe("v9");
});

test("only what is declared can be put in force", async () => {
  const { ruleSets } = setup(snapshotOf("s1", ["2026-11", "2026-12"]));
  await expect(ruleSets.use("2026-21")).rejects.toMatchObject({
    code: "rule_set_not_found",
    detail: expect.stringContaining("Did you mean"),
  });
  await expect(ruleSets.rollback()).rejects.toMatchObject({ code: "rule_set_not_found" });
  expect(ruleSets.list().inForce).toBe("2026-11");
});

test("a project without rule sets has the one that comes with Headgate", async () => {
  const { ruleSets, setElsewhere, warnings } = setup(snapshotOf("s1", []));
  expect(ruleSets.list()).toMatchObject({ inForce: "default", declared: "default" });
  expect(ruleSets.list().sets.map(({ version }) => version)).toEqual(["default"]);
  await ruleSets.use("default");
  expect(ruleSets.snapshot.id).toBe("s1");
  setElsewhere("v1");
  expect(ruleSets.snapshot.id).toBe("s1");
  expect(warnings).toEqual(["v1 default"]);
});
