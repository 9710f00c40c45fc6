import fs from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** The parts of Emscripten's file system that PGlite does not declare. */
interface OpenStream {
  readonly nfd: number;
  readonly node: { readonly mode: number };
}
interface NodeFileSystem {
  readonly stream_ops: { fsync?: (stream: OpenStream) => number };
  tryFSOperation<Result>(operation: () => Result): Result;
}

type EngineOptions = Parameters<NodeFS["init"]>[1];
type EngineModule = Parameters<NonNullable<EngineOptions["preRun"]>[number]>[0];

/**
 * PGlite's file system on disk, with the one operation that it lacks: without `fsync`, a power cut takes committed rows
 * with it and can leave a folder that does not open.
 */
export class DurableFileSystem extends NodeFS {
  /** How many times the engine had the disk confirm its writes. */
  syncCount = 0;

  override async init(engine: PGlite, options: EngineOptions): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(engine, options);
    const addSync = (module: EngineModule): void => this.#addSync(module);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addSync] } };
  }

  #addSync(module: EngineModule): void {
    const disk = module.FS.filesystems.NODEFS as unknown as NodeFileSystem;
    disk.stream_ops.fsync = (stream) =>
      disk.tryFSOperation(() => {
        // For a folder, fdatasync may leave out new names: they are metadata.
        if (module.FS.isDir(stream.node.mode)) fs.fsyncSync(stream.nfd);
        else fs.fdatasyncSync(stream.nfd);
        this.syncCount++;
        return 0;
      });
  }
}
