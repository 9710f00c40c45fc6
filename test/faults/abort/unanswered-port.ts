import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A port whose full backlog leaves new connections without any answer. */
export interface UnansweredPort {
  readonly port: number;
  /** Connections on this machine that wait for the port's answer. */
  countConnecting(): number;
  close(): Promise<void>;
}

const socketTable = "/proc/net/tcp";
const synSent = "02";
const mostFillers = 16;
const answerMs = 300;

// It listens, and then never looks: what the system accepts for it is all that is ever accepted.
const neverAccepts = `
const { writeSync } = require("node:fs");
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Undefined where the system does not show its sockets: then nobody can tell when one was closed. */
export async function openUnansweredPort(): Promise<UnansweredPort | undefined> {
  if (!existsSync(socketTable)) return undefined;
  const child = spawn(process.execPath, ["-e", neverAccepts], { stdio: ["ignore", "pipe", "inherit"] });
  const [told] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(String(told));
  const remote = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const fillers: Socket[] = [];
  while (await fill(port, fillers));
  return {
    port,
    countConnecting: () =>
      readFileSync(socketTable, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , other = "", state]) => state === synSent && other.endsWith(remote)).length,
    close: async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      for (const filler of fillers) filler.destroy();
    },
  };
}

/** Returns whether the connection was still taken. */
async function fill(port: number, fillers: Socket[]): Promise<boolean> {
  if (fillers.length >= mostFillers) throw new Error(`Port ${port} took ${mostFillers} connections.`);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const isTaken = await Promise.race([once(socket, "connect").then(() => true), sleep(answerMs).then(() => false)]);
  if (isTaken) fillers.push(socket);
  else socket.destroy();
  return isTaken;
}
