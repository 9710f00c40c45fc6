import { afterAll, beforeAll, expect, test } from "vitest";
import { matrixCases } from "./cases.ts";
import { findDeviations } from "./check-description.ts";
import { matrixClients } from "./clients.ts";
import { listGoldens, readGolden, toGolden, writeGolden } from "./golden.ts";
import { openHeadgate } from "./headgate.ts";
import { playCase, type Stage } from "./play-case.ts";
import { createUpstream } from "./upstream.ts";
import { matrixVendors } from "./vendors.ts";

// Read what changed before it is committed: a golden file says what is right.
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

let stage: Stage;

beforeAll(async () => {
  const upstream = await createUpstream();
  const headgate = await openHeadgate(upstream.url, matrixVendors);
  stage = { upstream, headgate, clients: matrixClients, vendors: matrixVendors };
});

afterAll(async () => {
  await stage.headgate.close();
  await stage.upstream.close();
});

test.each(matrixCases)("$name: $about", async (matrixCase) => {
  const played = await playCase(stage, matrixCase);
  expect(findDeviations(played)).toEqual([]);
  const found = toGolden(matrixCase, played);
  if (isUpdate) writeGolden(matrixCase.name, found);
  const golden = readGolden(matrixCase.name);
  expect(golden, "There is no golden file: write it with UPDATE_GOLDEN=1, and read it").toBeDefined();
  expect(found).toEqual(golden);
});

test("every golden file belongs to a case", () => {
  const names = new Set(matrixCases.map(({ name }) => name));
  expect(names.size).toBe(matrixCases.length);
  expect(listGoldens().filter((name) => !names.has(name))).toEqual([]);
});
