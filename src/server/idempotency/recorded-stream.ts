import type { ServerResponse } from "node:http";
import type { HeadgateError } from "../../errors.ts";
import type { Reply } from "../../reply.ts";
import type { KeptAnswer } from "../../store/store.ts";
import type { AnswerHead } from "../send-answer.ts";
import type { ServerContext } from "../server-context.ts";
import { createStreamReply, toStreamHeaders, type StreamReply } from "../stream-reply.ts";
import { createAnswerLog, type AnswerLog, type LogReader } from "./answer-log.ts";
import { numberEvents } from "./event-ids.ts";
import { nameAnswer } from "./send-kept.ts";

/** A streamed answer that goes on whoever listens, and that clients can go on with where they left it. */
export interface RecordedStream extends StreamReply {
  /** True once it has ended, with the answer or with an error. */
  readonly isOver: boolean;
  /** The error that it has ended with. */
  readonly failure: HeadgateError | undefined;
  /**
   * Sends a client what comes after the first `after` events. Resolves when it has all, or is gone. Undefined if those
   * events are not there any more.
   */
  follow(response: ServerResponse, place: FollowerPlace): Promise<void> | undefined;
  /** Nothing of it was sent, and nothing will be. */
  abandon(): void;
  /** Undefined if it has outgrown its bound. */
  toKept(): KeptAnswer | undefined;
}

interface FollowerPlace {
  readonly after: number;
  /** It is not the client that the answer was asked by. */
  readonly isReplayed: boolean;
}

export interface RecordedStreamOptions {
  readonly context: Pick<ServerContext, "clock" | "limits">;
  readonly run: string;
  readonly head: AnswerHead;
  readonly mostBytes: number;
}

export function createRecordedStream(options: RecordedStreamOptions): RecordedStream {
  return new LoggedStream(options);
}

class LoggedStream implements RecordedStream {
  readonly #context: RecordedStreamOptions["context"];
  readonly #run: string;
  readonly #log: AnswerLog;
  readonly #followers = new Set<StreamReply>();
  #head: AnswerHead;
  #failure: HeadgateError | undefined;

  constructor({ context, run, head, mostBytes }: RecordedStreamOptions) {
    this.#context = context;
    this.#run = run;
    this.#head = head;
    this.#log = createAnswerLog(mostBytes);
  }

  get hasBegun(): boolean {
    return this.#log.length > 0 || [...this.#followers].some(({ hasBegun }) => hasBegun);
  }

  get isOver(): boolean {
    return this.#log.isOver;
  }

  get failure(): HeadgateError | undefined {
    return this.#failure;
  }

  warn(warnings: readonly string[]): void {
    this.#head = { ...this.#head, warnings: [...(this.#head.warnings ?? []), ...warnings] };
    for (const follower of this.#followers) follower.warn(warnings);
  }

  tell(cache: Reply["cache"]): void {
    if (cache) this.#head = { ...this.#head, cache };
    for (const follower of this.#followers) follower.tell(cache);
  }

  write(chunk: string | Uint8Array): Promise<boolean> {
    return this.#log.append(numberEvents(chunk, { run: this.#run, number: this.#log.length + 1 }));
  }

  async fail(error: HeadgateError, event: string): Promise<void> {
    this.#failure = error;
    await this.write(event);
    this.#log.end();
  }

  end(): void {
    this.#log.end();
  }

  abandon(): void {
    this.#log.abandon();
  }

  follow(response: ServerResponse, { after, isReplayed }: FollowerPlace): Promise<void> | undefined {
    const reader = this.#log.read(after);
    if (!reader) return undefined;
    const { clock, limits } = this.#context;
    const { stalledReaderMs, heartbeatMs } = limits;
    const head = { ...this.#head, isReplayed };
    nameAnswer(response, head.requestId);
    response.once("close", () => reader.leave());
    if (response.destroyed) reader.leave();
    const client = createStreamReply({ response, head, clock, stalledReaderMs, heartbeatMs, hasEventIds: true });
    return this.#passOn(reader, client);
  }

  toKept(): KeptAnswer | undefined {
    if (!this.#log.isWhole) return undefined;
    const headers = toStreamHeaders(this.#head);
    const { requestId } = this.#head;
    return { requestId, status: 200, headers, isStream: true, body: this.#log.toBytes() };
  }

  async #passOn(reader: LogReader, client: StreamReply): Promise<void> {
    this.#followers.add(client);
    try {
      // The next event may take a while, and the client has to know that there will be one.
      if (this.#log.length > 0 && !(await client.write(": resumed\n"))) return;
      for (let blocks = await reader.next(); blocks; blocks = await reader.next()) {
        if (!(await client.write(Buffer.concat(blocks)))) return;
      }
      if (this.#log.isOver) client.end();
    } finally {
      this.#followers.delete(client);
      reader.leave();
    }
  }
}
