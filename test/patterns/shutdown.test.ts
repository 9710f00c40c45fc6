import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createScriptedProvider, type ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject, type ProjectCopy, type ServedProject } from "../served-project.ts";

const text = "The council approved a bridge on Tuesday. It replaces a ferry.";
const messages = [{ role: "user", content: text }];
const json = { summary: "The council approved a bridge.", bullets: ["It replaces a ferry."] };

let provider: ScriptedProvider;
const closers: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  provider = await createScriptedProvider({ answer: () => ({ json }) });
});

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

afterAll(() => provider.close());

function copy(): ProjectCopy {
  const project = copyProject(provider.url);
  closers.push(() => project.remove());
  return project;
}

async function serve(project: ProjectCopy, args: readonly string[]): Promise<ServedProject> {
  const server = await project.serve({ args });
  closers.push(() => server.kill());
  return server;
}

function post(url: string, body: unknown, accept = "application/json"): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
  });
}

test("at the end of its drain a server tells every client in its own dialect, and has every record", async () => {
  const project = copy();
  const server = await serve(project, ["--drain", "0.5"]);
  const stalled = { json, stallAfter: 3 };
  const seen = provider.ledger.requests.length;
  provider.script(stalled, stalled, stalled, stalled, { hang: true });
  const chat = { model: "fast", messages, stream: true };
  const streams = [
    await post(`${server.url}/api/summarize/v1`, { text }, "text/event-stream"),
    await post(`${server.url}/v1/chat/completions`, chat),
    await post(`${server.url}/v1/messages`, { ...chat, max_tokens: 100 }),
    await post(`${server.url}/v1/responses`, { model: "fast", input: text, stream: true }),
  ];
  const plain = post(`${server.url}/api/summarize/v1`, { text });
  await provider.ledger.waitFor((requests) => requests.length === seen + 5 || undefined, 10_000);
  const texts = streams.map((stream) => stream.text());

  expect(await server.stop()).toBe(0);
  const [endpoint, completions, anthropic, responses] = await Promise.all(texts);
  expect(endpoint).toMatch(/event: error\ndata: \{.*"code":"shutting_down".*\}\n\n$/);
  expect(completions).toMatch(/data: \{"error":\{.*"code":"shutting_down".*\}\n\n/);
  expect(anthropic).toMatch(/event: error\ndata: \{"type":"error","error":\{.*\}\n\n$/);
  expect(responses).toMatch(/event: error\ndata: .*"code":"shutting_down".*\n\nevent: response.failed\ndata: .*\n\n$/);
  expect((await plain).status).toBe(503);
  expect(await (await plain).json()).toMatchObject({ code: "shutting_down", retryable: true });

  const next = await serve(project, []);
  const answer = await fetch(`${next.url}/admin/v1/requests`);
  const { requests } = (await answer.json()) as { requests: { errorCode?: string }[] };
  expect(requests.map(({ errorCode }) => errorCode)).toEqual(Array.from({ length: 5 }, () => "shutting_down"));
}, 60_000);

test("a second signal ends a server that drains", async () => {
  const server = await serve(copy(), []);
  provider.script({ json, stallAfter: 3 });
  const stream = await post(`${server.url}/api/summarize/v1`, { text }, "text/event-stream");
  const rest = stream.text().catch((error: unknown) => error);
  const exited = once(server.child, "exit");
  server.child.kill("SIGTERM");
  while (server.child.exitCode === null && server.child.signalCode === null) {
    await Promise.race([exited, setTimeout(100)]);
    server.child.kill("SIGTERM");
  }
  expect(server.child.signalCode).toBe("SIGTERM");
  expect(await rest).toBeInstanceOf(TypeError);
}, 60_000);

test("restarting one process after another behind a TCP balancer fails no request", async () => {
  const args = ["--lame-duck", "1"];
  const projects = [copy(), copy()];
  const servers = await Promise.all(projects.map((project) => serve(project, args)));
  const balancer = await startBalancer(servers.map(({ url }) => url));
  closers.push(balancer.close);
  const clients = Array.from({ length: 8 }, (_, index) => startClient(balancer.port, index));
  for (const [index, project] of projects.entries()) {
    await untilAnswered(clients);
    expect(await servers[index]!.stop()).toBe(0);
    const next = await serve(project, args);
    balancer.replace(index, next.url);
    await balancer.untilReady(index);
  }
  await untilAnswered(clients);
  const ends = await Promise.all(clients.map((client) => client.stop()));
  expect(ends.flatMap(({ failures }) => failures)).toEqual([]);
  expect(ends.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(200);
}, 120_000);

interface Client {
  readonly answers: () => number;
  readonly stop: () => Promise<{ answers: number; failures: string[] }>;
}

/** Sends one request after another over connections that it keeps; the odd ones pause between two. */
function startClient(port: number, index: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failures: string[] = [];
  let answers = 0;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const status = await send(agent, port);
        if (status === 200) answers++;
        else failures.push(String(status));
      } catch (error) {
        failures.push(String(error));
      }
      if (index % 2 === 1) await setTimeout(index * 7);
    }
    agent.destroy();
  };
  const running = run();
  return {
    answers: () => answers,
    stop: async () => {
      stopping.abort();
      await running;
      return { answers, failures };
    },
  };
}

function send(agent: Agent, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", host: "127.0.0.1" };
    const sent = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/api/summarize/v1", headers });
    sent.on("error", reject).on("response", (response) => {
      response
        .on("error", reject)
        .on("end", () => resolve(response.statusCode))
        .resume();
    });
    sent.end(JSON.stringify({ text }));
  });
}

async function untilAnswered(clients: readonly Client[]): Promise<void> {
  const before = clients.map(({ answers }) => answers());
  while (clients.some(({ answers }, index) => answers() < before[index]! + 10)) await setTimeout(20);
}

interface Balancer {
  readonly port: number;
  readonly replace: (index: number, url: string) => void;
  readonly untilReady: (index: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Passes connections on, in turn, to the backends whose readiness was green when it looked, five times a second. */
async function startBalancer(urls: string[]): Promise<Balancer> {
  const ready = urls.map(() => true);
  const closing = new AbortController();
  const sockets = new Set<Socket>();
  let turn = 0;
  const look = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await Promise.all(
        urls.map(async (url, index) => {
          const health = await fetch(`${url}/readyz`).catch(() => undefined);
          if (urls[index] === url) ready[index] = health?.status === 200;
          await health?.text();
        }),
      );
      await setTimeout(200, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const choices = urls.filter((_, index) => ready[index]);
    const url = choices[turn++ % choices.length];
    if (url === undefined) {
      client.destroy();
      return;
    }
    const backend = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
    for (const socket of [client, backend]) {
      sockets.add(socket);
      socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    }
    client.pipe(backend).pipe(client);
    client.once("close", () => backend.destroy());
    backend.once("close", () => client.destroySoon());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const looking = look();
  return {
    port: (server.address() as AddressInfo).port,
    replace: (index, url) => void (urls[index] = url),
    untilReady: async (index) => {
      while (!ready[index]) await setTimeout(20);
    },
    close: async () => {
      closing.abort();
      server.close();
      for (const socket of sockets) socket.destroy();
      await looking;
    },
  };
}
