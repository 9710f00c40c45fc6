/** One file or folder of a tar archive. */
export interface TarEntry {
  /** Relative, without a leading slash. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly content: Uint8Array;
}

const blockBytes = 512;
const folderType = 0x35;

/** Reads the plain archives that PGlite makes (POSIX ustar, short names). */
export function* readTar(archive: Uint8Array): Generator<TarEntry> {
  for (let at = 0; at + blockBytes <= archive.length;) {
    const header = Buffer.from(archive.buffer, archive.byteOffset + at, blockBytes);
    const name = readText(header, 0, 100);
    if (name === "") return;
    const bytes = Number.parseInt(readText(header, 124, 12), 8);
    const start = at + blockBytes;
    yield {
      path: name.replace(/^\/+/, ""),
      isFolder: header[156] === folderType,
      content: archive.subarray(start, start + bytes),
    };
    at = start + Math.ceil(bytes / blockBytes) * blockBytes;
  }
}

function readText(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end).trim();
}
