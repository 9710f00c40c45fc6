import { watch } from "node:fs";
import { sep } from "node:path";
import type { Clock } from "../clock.ts";

export interface WatchOptions {
  readonly folder: string;
  /** Called once for a burst of changes, and not again before the last call has settled. */
  readonly onChange: () => void | Promise<void>;
  readonly clock: Pick<Clock, "after">;
  /** The watcher itself failed, for instance because the folder was removed; it has closed. */
  readonly onError?: (error: Error) => void;
}

export interface ProjectWatcher {
  close(): void;
}

/** Editors write a file in several steps; a change is over when nothing has moved for this long. */
const quietMs = 80;

/** Watches a project's files, whatever they are: endpoints may import any of them. */
export function watchProject({ folder, onChange, clock, onError = () => {} }: WatchOptions): ProjectWatcher {
  let cancelTimer: (() => void) | undefined;
  let isRunning = false;
  let isDirty = false;
  let isClosed = false;

  const notify = (): void => {
    if (isClosed) return;
    if (isRunning) {
      isDirty = true;
      return;
    }
    isRunning = true;
    isDirty = false;
    void run();
  };
  const run = async (): Promise<void> => {
    try {
      await onChange();
    } catch (error) {
      onError(error as Error);
    }
    isRunning = false;
    if (isDirty) notify();
  };
  const watcher = watch(folder, { recursive: true, ignore: isIgnored }, (_event, path) => {
    if (path !== null && isIgnored(path)) return;
    cancelTimer?.();
    cancelTimer = clock.after(quietMs, notify);
  });
  const close = (): void => {
    isClosed = true;
    cancelTimer?.();
    watcher.close();
  };
  watcher.on("error", (error: Error) => {
    close();
    onError(error);
  });
  return { close };
}

/** Installed packages, our own state, and what version control and editors leave behind. Not descending into them saves thousands of watches. */
function isIgnored(path: string): boolean {
  return path.split(sep).some((part) => part === "node_modules" || part.startsWith(".") || part.endsWith("~"));
}
