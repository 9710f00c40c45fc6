import { once } from "node:events";
import { connect } from "node:net";
import { openListener } from "./listener.ts";

/**
 * A port where nobody listens, and nobody can begin to: it is the near end of a connection that is held open. A port
 * that was merely closed could be given to the next server.
 */
export async function holdRefusingPort(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const listener = await openListener((accepted) => accepted.resume());
  const socket = connect(listener.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.unref();
  return {
    port: socket.localPort!,
    close: async () => {
      socket.destroy();
      await listener.close();
    },
  };
}
