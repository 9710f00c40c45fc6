import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import { isMainThread } from "node:worker_threads";
import { createRandom } from "./random.ts";

/**
 * A disk that forgets what was not synced. Loaded before everything else (NODE_OPTIONS=--import=...) into the process whose power is
 * cut, it wraps the synchronous file functions that the engine's thread uses.
 *
 * It keeps the content of each 4 KiB block as of the file's last sync, and the undoing of each creation, renaming and
 * removal. At a random write it takes back a random half of the unsynced blocks, the length of files, and a random number
 * of the latest unsynced namings (a file system's journal keeps their order), and kills its process.
 * A sync of a file makes durable its blocks, its length and its name; of a folder, the names in it.
 */
interface UnsyncedFile {
  /** Our own, to read and write blocks even after the file lost its name. */
  readonly descriptor: number;
  durableBytes: number;
  readonly blocks: Map<number, Buffer>;
}

interface Naming {
  readonly inodes: readonly string[];
  readonly folders: readonly string[];
  undo(): void;
  /** Frees what `undo` needs. */
  settle(): void;
}

const blockBytes = 4096;
const {
  HEADGATE_CUT_ROOT: root = "",
  HEADGATE_CUT_AT = "0",
  HEADGATE_CUT_SEED = "1",
  HEADGATE_CUT_THREAD,
} = process.env;
const random = createRandom(Number(HEADGATE_CUT_SEED));
const original = { ...fs };
const files = new Map<string, UnsyncedFile>();
const opened = new Map<number, { key: string; path: string }>();
const namings: Naming[] = [];
const graveyard = join(dirname(root), `${basename(root)}.graveyard`);
let writesLeft = Number(HEADGATE_CUT_AT);
let graves = 0;

// The thread that the engine runs in.
if (root !== "" && isMainThread === (HEADGATE_CUT_THREAD === "main")) wrap();

function wrap(): void {
  original.mkdirSync(graveyard, { recursive: true });
  Object.assign(fs, {
    openSync,
    closeSync,
    writeSync,
    writeFileSync,
    ftruncateSync,
    truncateSync,
    fsyncSync: sync(original.fsyncSync),
    fdatasyncSync: sync(original.fdatasyncSync),
    renameSync,
    unlinkSync,
    mkdirSync,
    rmdirSync,
  });
  syncBuiltinESMExports();
}

function isWatched(path: unknown): path is string {
  return typeof path === "string" && (path === root || path.startsWith(root + sep));
}

function nameInode(stats: fs.Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

function openSync(path: fs.PathLike, flags?: fs.OpenMode, mode?: fs.Mode | null): number {
  if (!isWatched(path)) return original.openSync(path, flags ?? "r", mode);
  const isNew = !original.existsSync(path);
  const before = isNew ? 0 : original.statSync(path).size;
  const descriptor = original.openSync(path, flags ?? "r", mode);
  const stats = original.fstatSync(descriptor);
  const key = nameInode(stats);
  opened.set(descriptor, { key, path });
  if (isNew) addCreation(path, key);
  else if (stats.isFile() && stats.size < before) throw new Error("Opening with truncation is not simulated.");
  return descriptor;
}

function closeSync(descriptor: number): void {
  opened.delete(descriptor);
  original.closeSync(descriptor);
}

type WriteArguments = [number, Uint8Array, number?, number?, (number | null)?];

function writeSync(...given: WriteArguments): number {
  const [descriptor, buffer, offset = 0, length = buffer.byteLength - offset, position] = given;
  const file = opened.get(descriptor);
  if (!file) return original.writeSync(...given);
  if (typeof position !== "number") throw new Error("Writing without a position is not simulated.");
  rememberBlocks(file, position, position + length);
  const written = original.writeSync(descriptor, buffer, offset, length, position);
  countWrite();
  return written;
}

function writeFileSync(
  target: fs.PathOrFileDescriptor,
  content: string | Uint8Array,
  options?: fs.WriteFileOptions,
): void {
  if (typeof target === "number" && opened.has(target)) {
    writeSync(target, Buffer.from(content as Uint8Array), 0, content.length, 0);
    return;
  }
  if (!isWatched(target)) {
    original.writeFileSync(target, content, options);
    return;
  }
  const mode = typeof options === "object" ? options?.mode : undefined;
  const descriptor = openSync(target, fs.constants.O_WRONLY | fs.constants.O_CREAT, mode);
  ftruncateSync(descriptor, 0);
  if (content.length > 0) writeSync(descriptor, Buffer.from(content as Uint8Array), 0, content.length, 0);
  closeSync(descriptor);
}

function ftruncateSync(descriptor: number, bytes = 0): void {
  const file = opened.get(descriptor);
  if (file) rememberBlocks(file, bytes, Math.max(bytes, original.fstatSync(descriptor).size));
  original.ftruncateSync(descriptor, bytes);
}

function truncateSync(path: fs.PathLike, bytes = 0): void {
  if (!isWatched(path)) {
    original.truncateSync(path, bytes);
    return;
  }
  const descriptor = openSync(path, "r+");
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
}

function rememberBlocks({ key, path }: { key: string; path: string }, from: number, to: number): void {
  let file = files.get(key);
  if (!file) {
    const descriptor = original.openSync(path, "r+");
    file = { descriptor, durableBytes: original.fstatSync(descriptor).size, blocks: new Map() };
    files.set(key, file);
  }
  for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) {
    if (file.blocks.has(block)) continue;
    const content = Buffer.alloc(blockBytes);
    original.readSync(file.descriptor, content, 0, blockBytes, block * blockBytes);
    file.blocks.set(block, content);
  }
}

function sync(confirm: (descriptor: number) => void): (descriptor: number) => void {
  return (descriptor) => {
    confirm(descriptor);
    const target = opened.get(descriptor);
    if (!target) return;
    const file = files.get(target.key);
    if (file) {
      file.blocks.clear();
      file.durableBytes = original.fstatSync(file.descriptor).size;
    }
    const isFolder = original.fstatSync(descriptor).isDirectory();
    settleNamings((naming) => (isFolder ? naming.folders.includes(target.path) : naming.inodes.includes(target.key)));
  };
}

/** Namings become durable in their order: the last one concerned takes all before it along. */
function settleNamings(isConcerned: (naming: Naming) => boolean): void {
  for (const naming of namings.splice(0, namings.findLastIndex(isConcerned) + 1)) naming.settle();
}

function addCreation(path: string, key: string): void {
  namings.push({
    inodes: [key],
    folders: [dirname(path)],
    undo: () => original.rmSync(path, { force: true }),
    settle: () => {},
  });
}

function bury(path: string): string {
  const grave = join(graveyard, String(++graves));
  original.linkSync(path, grave);
  return grave;
}

function unlinkSync(path: fs.PathLike): void {
  if (!isWatched(path)) {
    original.unlinkSync(path);
    return;
  }
  const key = nameInode(original.lstatSync(path));
  const grave = bury(path);
  original.unlinkSync(path);
  namings.push({
    inodes: [],
    folders: [dirname(path)],
    undo: () => original.renameSync(grave, path),
    settle: () => forgetFile(key, grave),
  });
}

function forgetFile(key: string, grave: string): void {
  original.unlinkSync(grave);
  const file = files.get(key);
  if (!file || original.fstatSync(file.descriptor).nlink > 0) return;
  original.closeSync(file.descriptor);
  files.delete(key);
}

function renameSync(from: fs.PathLike, to: fs.PathLike): void {
  if (!isWatched(from) || !isWatched(to)) {
    original.renameSync(from, to);
    return;
  }
  const replaced = original.existsSync(to) ? { key: nameInode(original.statSync(to)), grave: bury(to) } : undefined;
  const stats = original.statSync(from);
  original.renameSync(from, to);
  for (const file of opened.values()) if (file.path === from) file.path = to;
  namings.push({
    inodes: [nameInode(stats)],
    folders: [dirname(from), dirname(to)],
    undo: () => {
      original.renameSync(to, from);
      if (replaced) original.renameSync(replaced.grave, to);
    },
    settle: () => {
      if (replaced) forgetFile(replaced.key, replaced.grave);
    },
  });
}

function mkdirSync(path: fs.PathLike, options?: fs.Mode | fs.MakeDirectoryOptions | null): void {
  original.mkdirSync(path, options);
  if (!isWatched(path)) return;
  namings.push({
    inodes: [nameInode(original.statSync(path))],
    folders: [dirname(path)],
    undo: () => original.rmSync(path, { recursive: true, force: true }),
    settle: () => {},
  });
}

function rmdirSync(path: fs.PathLike): void {
  original.rmdirSync(path);
  if (!isWatched(path)) return;
  namings.push({
    inodes: [],
    folders: [dirname(path)],
    undo: () => original.mkdirSync(path),
    settle: () => {},
  });
}

function countWrite(): void {
  writesLeft--;
  if (writesLeft !== 0) return;
  for (const file of files.values()) takeBack(file);
  const kept = Math.floor(random() * (namings.length + 1));
  for (const naming of namings.splice(kept).toReversed()) naming.undo();
  process.kill(process.pid, "SIGKILL");
}

function takeBack({ descriptor, blocks, durableBytes }: UnsyncedFile): void {
  const reached = original.fstatSync(descriptor).size;
  const losesLength = random() < 0.5;
  for (const [block, content] of blocks) {
    // What was cut off is there again with the old length, whole.
    const wasCutOff = block * blockBytes >= reached && durableBytes > reached;
    const isLost = wasCutOff ? losesLength : random() < 0.5;
    if (isLost) original.writeSync(descriptor, content, 0, blockBytes, block * blockBytes);
  }
  // Writing blocks back may have made the file longer than either length.
  original.ftruncateSync(descriptor, losesLength ? durableBytes : reached);
}
