import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { holdRefusingPort } from "./hostile-provider/refusing-port.ts";
import { createTcpBalancer, type TcpBalancer } from "./tcp-balancer.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function startTarget(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    const closed = once(server, "close");
    server.close();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function startBalancer(targets: readonly number[]): Promise<TcpBalancer> {
  const balancer = await createTcpBalancer({ targets });
  closers.push(() => balancer.close());
  return balancer;
}

async function findRefusedPort(): Promise<number> {
  const held = await holdRefusingPort();
  closers.push(() => held.close());
  return held.port;
}

function answerWith(name: string): (socket: Socket) => void {
  return (socket) =>
    socket.on("error", () => {}).once("data", (bytes: Buffer) => socket.end(`${name}:${String(bytes)}`));
}

async function ask({ port }: TcpBalancer, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
  await once(socket, "close");
  return answer;
}

describe("createTcpBalancer", () => {
  test("gives each connection to the next target", async () => {
    const balancer = await startBalancer([await startTarget(answerWith("a")), await startTarget(answerWith("b"))]);
    const answers = [await ask(balancer, "1"), await ask(balancer, "2"), await ask(balancer, "3")];
    expect(answers).toEqual(["a:1", "b:2", "a:3"]);
    expect(balancer.taken).toEqual([2, 1]);
  });

  test("goes on to the next target where one refuses, and resets the client if all do", async () => {
    const dead = await findRefusedPort();
    const balancer = await startBalancer([dead, await startTarget(answerWith("b"))]);
    expect([await ask(balancer, "1"), await ask(balancer, "2")]).toEqual(["b:1", "b:2"]);
    const hopeless = await startBalancer([dead, dead]);
    await expect(ask(hopeless, "1")).rejects.toThrow(/ECONNRESET|EPIPE/);
    expect(hopeless.refused).toBe(1);
  });

  test("passes a half close on, and the answer back that comes after it", async () => {
    const port = await startTarget((socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += String(bytes))).once("end", () => socket.end(`all of ${text}`));
    });
    const { port: front } = await startBalancer([port]);
    const socket = connect({ port: front, host: "127.0.0.1", allowHalfOpen: true });
    socket.end("the question");
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    await once(socket, "end");
    expect(answer).toBe("all of the question");
  });

  test("passes a reset on, both ways", async () => {
    const ends: string[] = [];
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<Socket>();
    const port = await startTarget((socket) => {
      socket.on("error", (error: NodeJS.ErrnoException) => {
        ends.push(error.code ?? "");
        ended.resolve();
      });
      socket.once("data", () => begun.resolve(socket));
    });
    const { port: front } = await startBalancer([port]);
    const leaver = connect(front, "127.0.0.1");
    leaver.write("x");
    await begun.promise;
    leaver.resetAndDestroy();
    await ended.promise;
    expect(ends).toEqual(["ECONNRESET"]);

    const cutter = await startTarget((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await expect(ask(await startBalancer([cutter]), "x")).rejects.toThrow("ECONNRESET");
  });
});
