import type { Connection, Submittable } from "pg";

/** What the driver's types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
}

/**
 * `copy ... from stdin` with its data, sent in one piece: Postgres ignores the data of a COPY that it has refused
 * (Frontend/Backend Protocol, COPY operations), and the embedded engine, which cannot wait for more, needs it all at once.
 */
export class CopyRows implements Submittable {
  /** Called once, by name: the driver puts its own in front, for the read timeout. */
  callback: (error?: Error | null) => void;
  readonly #text: string;
  readonly #rows: Uint8Array;

  constructor(text: string, rows: Uint8Array, callback: (error?: Error | null) => void) {
    this.#text = text;
    this.#rows = rows;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    const copying = connection as CopyConnection;
    copying.stream.cork();
    copying.query(this.#text);
    copying.sendCopyFromChunk(this.#rows);
    copying.endCopyFrom();
    copying.stream.uncork();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }

  handleCopyInResponse(): void {
    // The data is on its way already.
  }

  handleCommandComplete(): void {
    // What counts is that the connection is ready again.
  }
}
