import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { goodProject, promptFile, writeFiles, writeProject } from "../../test/sample-project.ts";
import { watchProject } from "./project-watcher.ts";

interface ManualClock {
  after(ms: number, callback: () => void): () => void;
  /** Resolves when a timer is set. */
  waitForTimer(): Promise<void>;
  /** Lets the time of the timer that is set pass. */
  fire(): void;
  readonly timersSet: number;
}

/** Time stands still until the test lets it pass. */
function createManualClock(): ManualClock {
  let pending: (() => void) | undefined;
  let timersSet = 0;
  let onTimer = (): void => {};
  return {
    get timersSet() {
      return timersSet;
    },
    after: (_ms, callback) => {
      pending = callback;
      timersSet++;
      onTimer();
      return () => {
        if (pending === callback) pending = undefined;
      };
    },
    waitForTimer: () =>
      new Promise((resolve) => {
        onTimer = resolve;
        if (pending) resolve();
      }),
    fire: () => {
      const callback = pending;
      pending = undefined;
      callback?.();
    },
  };
}

function watch(folder: string, onChange: () => void | Promise<void>): ManualClock {
  const clock = createManualClock();
  const watcher = watchProject({ folder, onChange, clock });
  onTestFinished(() => watcher.close());
  return clock;
}

test("a burst of changes is one change, once it is quiet", async () => {
  const folder = writeProject(goodProject);
  let changes = 0;
  const clock = watch(folder, () => void changes++);
  writeFiles(folder, { [promptFile]: "1", "releases.yaml": "2", "lib/new.ts": "3" });
  await clock.waitForTimer();
  expect(changes).toBe(0);
  clock.fire();
  expect(changes).toBe(1);
});

test("changes in folders that came later are seen", async () => {
  const folder = writeProject(goodProject);
  let changes = 0;
  const clock = watch(folder, () => void changes++);
  mkdirSync(join(folder, "endpoints/other/prompts"), { recursive: true });
  await clock.waitForTimer();
  clock.fire();
  writeFiles(folder, { "endpoints/other/prompts/1.0.0.prompt": "x" });
  await clock.waitForTimer();
  clock.fire();
  expect(changes).toBe(2);
});

test("packages, hidden files and editors' backups are no change", async () => {
  const folder = writeProject({ ...goodProject, "node_modules/a/index.js": "", ".headgate/journal": "" });
  const clock = watch(folder, () => {});
  writeFiles(folder, {
    "node_modules/a/index.js": "1",
    ".headgate/journal": "1",
    "endpoints/summarize/.endpoint.ts.swp": "1",
    "endpoints/summarize/endpoint.ts~": "1",
  });
  // Events come in order, so those above would have set a timer before this one.
  writeFiles(folder, { "releases.yaml": "1" });
  await clock.waitForTimer();
  const timersOfOneFile = clock.timersSet;
  expect(timersOfOneFile).toBeLessThanOrEqual(2);
});

test("a change while the last one is still being handled is handled afterwards, once", async () => {
  const folder = writeProject(goodProject);
  const finish: (() => void)[] = [];
  const clock = watch(folder, () => new Promise<void>((resolve) => finish.push(resolve)));
  for (const text of ["1", "2", "3"]) {
    writeFiles(folder, { "releases.yaml": text });
    await clock.waitForTimer();
    clock.fire();
  }
  expect(finish).toHaveLength(1);
  finish[0]!();
  await new Promise((resolve) => setImmediate(resolve));
  expect(finish).toHaveLength(2);
  finish[1]!();
  await new Promise((resolve) => setImmediate(resolve));
  expect(finish).toHaveLength(2);
});

test("a handler that fails is reported, and the next change is still seen", async () => {
  const folder = writeProject(goodProject);
  const clock = createManualClock();
  const errors: string[] = [];
  let changes = 0;
  const onChange = async (): Promise<void> => {
    changes++;
    throw new Error(`change ${changes} failed`);
  };
  const watcher = watchProject({ folder, onChange, clock, onError: ({ message }) => errors.push(message) });
  onTestFinished(() => watcher.close());
  for (const text of ["1", "2"]) {
    writeFiles(folder, { "releases.yaml": text });
    await clock.waitForTimer();
    clock.fire();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(errors).toEqual(["change 1 failed", "change 2 failed"]);
});

test("nothing is called after it is closed", async () => {
  const folder = writeProject(goodProject);
  const clock = createManualClock();
  let changes = 0;
  const watcher = watchProject({ folder, onChange: () => void changes++, clock });
  writeFiles(folder, { "releases.yaml": "1" });
  await clock.waitForTimer();
  watcher.close();
  clock.fire();
  rmSync(join(folder, "releases.yaml"));
  expect(changes).toBe(0);
});
