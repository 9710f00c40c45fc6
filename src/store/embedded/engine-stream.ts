import { Duplex } from "node:stream";
import type { Engine, EngineConnection } from "./engine.ts";

type Done = (error?: Error | null) => void;

/** What the Postgres driver takes for its socket: its bytes go to the engine's thread instead of a network. */
export class EngineStream extends Duplex {
  readonly #engine: Engine;
  #connection: EngineConnection | undefined;

  constructor(engine: Engine) {
    super();
    this.#engine = engine;
  }

  connect(): this {
    this.#engine
      .connect({
        onAnswer: (answer) => {
          if (answer.length > 0) this.push(answer);
        },
        onLost: (reason) => this.destroy(reason),
      })
      .then(
        (connection) => {
          this.#connection = connection;
          if (this.destroyed) connection.close();
          else this.emit("connect");
        },
        (error: Error) => this.destroy(error),
      );
    return this;
  }

  override _read(): void {
    // Answers come by themselves: a question has one, whole.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#connection?.send(chunk);
    done();
  }

  // The driver corks the messages of a statement, so that they go in one piece.
  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#connection?.send(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#connection?.close();
    done(error);
  }

  override _final(done: Done): void {
    this.push(null);
    done();
  }

  // The rest of what the driver expects of a socket.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
