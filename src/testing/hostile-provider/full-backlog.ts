import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

// The thread listens, and then never gets back to its event loop: the system takes connections until its queue is full.
const script = `
const { createServer } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const server = createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData), 0, 0);
});
`;

/** Linux takes one more than the backlog. */
const takenConnections = 2;

/** A port whose queue of connections is full: a new one neither succeeds nor fails. */
export async function openFullBacklog(): Promise<{ readonly port: number; close(): Promise<void> }> {
  // Options of the process, such as --input-type, are not for the script.
  const worker = new Worker(script, { eval: true, execArgv: [], workerData: new SharedArrayBuffer(4) });
  const [port] = (await once(worker, "message")) as [number];
  const sockets: Socket[] = [];
  for (let count = 0; count < takenConnections; count++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    await once(socket, "connect");
  }
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}
