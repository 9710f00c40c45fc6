import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { createDataFolder } from "./create-data-folder.ts";
import { DurableFileSystem } from "./durable-file-system.ts";
import { durableStart } from "./durable-start.ts";
import type { EngineCommand, EngineReport, EngineStart } from "./engine-messages.ts";
import { proveDurable } from "./prove-durable.ts";

/** The worker thread that runs the embedded Postgres. Speaks the wire protocol over one message port per connection. */

const logLines: string[] = [];
const maxLogLines = 20;
const control = parentPort!;

let connections = 0;

try {
  const engine = await openEngine((workerData as EngineStart).dataFolder);
  control.on("message", (command: EngineCommand) => {
    if (command.type === "connect") serve(engine, command.port);
    else void closeEngine(engine);
  });
  report({ type: "ready" });
} catch (error) {
  report({ type: "failed", reason: error instanceof Error ? error.message : String(error), log: logLines });
  control.close();
}

async function openEngine(dataFolder: string): Promise<PGlite> {
  if (!existsSync(join(dataFolder, "PG_VERSION"))) await createDataFolder(dataFolder);
  const disk = new DurableFileSystem(dataFolder);
  const engine = await PGlite.create({ fs: disk, startParams: durableStart, onStderr: keepLogLine });
  await proveDurable(engine, disk);
  return engine;
}

function keepLogLine(line: string): boolean {
  logLines.push(line);
  if (logLines.length > maxLogLines) logLines.shift();
  return false;
}

function serve(engine: PGlite, port: MessagePort): void {
  const isFirst = connections++ === 0;
  const answerOne = async (request: Uint8Array): Promise<void> => {
    // A startup packet begins with its length, whose first byte is zero. The engine has one session, which the
    // connection before may have left inside of a transaction.
    if (request[0] === 0 && !isFirst) await resetSession(engine);
    const answer = await exchange(engine, request);
    if (!isAnswered(request, answer)) throw new Error("The engine did not answer: it is broken.");
    port.postMessage(answer, [answer.buffer]);
  };
  // What the engine throws is not caught: it ends the thread, and the store starts another.
  port.on("message", (request: Uint8Array) => void answerOne(request));
}

async function exchange(engine: PGlite, request: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  await engine.execProtocolRawStream(request, {
    syncToFs: false,
    onRawData: (chunk) => {
      // A view into the engine's memory, valid only during this call.
      chunks.push(chunk.slice());
      bytes += chunk.length;
    },
  });
  const answer = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    answer.set(chunk, at);
    at += chunk.length;
  }
  return answer;
}

/** PGlite goes on after a panic of its Postgres, which then answers nothing. */
function isAnswered(request: Uint8Array, answer: Uint8Array): boolean {
  const [terminate, readyForQuery, readyBytes] = [0x58, 0x5a, 6];
  return request[0] === terminate || answer.at(-readyBytes) === readyForQuery;
}

async function resetSession(engine: PGlite): Promise<void> {
  await exchange(engine, toQueryMessage("rollback"));
  await exchange(engine, toQueryMessage("discard all"));
}

function toQueryMessage(sql: string): Uint8Array {
  const message = Buffer.alloc(1 + 4 + sql.length + 1);
  message.write("Q", 0, "latin1");
  message.writeInt32BE(message.length - 1, 1);
  message.write(sql, 5, "latin1");
  return message;
}

async function closeEngine(engine: PGlite): Promise<void> {
  await engine.close();
  report({ type: "closed" });
  control.close();
}

function report(message: EngineReport): void {
  control.postMessage(message, []);
}
