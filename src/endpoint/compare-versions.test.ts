import { expect, test } from "vitest";
import { compareVersions, isPrerelease, isVersion, pickRelease } from "./compare-versions.ts";

test("versions are ordered as Semantic Versioning 2.0.0, section 11, has them", () => {
  const ordered = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
    "2.0.0",
  ];
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
});

test("what is no version is told apart", () => {
  expect(["1.0.0", "1.0.0-beta.1", "10.20.30+build.5"].filter((text) => !isVersion(text))).toEqual([]);
  expect(["1.0", "v1.0.0", "1.0.0-", "1.0.0.0", "latest", ""].filter(isVersion)).toEqual([]);
});

test("build metadata makes no prerelease", () => {
  expect([isPrerelease("1.0.0+a-b"), isPrerelease("1.0.0-a+b")]).toEqual([false, true]);
});

test("the release is the highest version that is ready, or nothing of nothing", () => {
  expect(pickRelease(["1.0.0", "1.10.0", "2.0.0-rc.1", "1.9.0"])).toBe("1.10.0");
  expect(pickRelease(["1.0.0-rc.1", "1.0.0-rc.2"])).toBe("1.0.0-rc.2");
  expect(pickRelease([])).toBeUndefined();
});
