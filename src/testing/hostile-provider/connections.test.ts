import { once } from "node:events";
import { get as getSecurely } from "node:https";
import { connect } from "node:net";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHostileProvider, type HostileProvider } from "./hostile-provider.ts";

let provider: HostileProvider;
beforeEach(async () => {
  provider = await createHostileProvider({ models: { short: { tokens: 5 } } });
});
afterEach(() => provider.close());

describe("connections", () => {
  const dial = async (url: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const code = once(socket, "error").then(([error]) => (error as NodeJS.ErrnoException).code);
    const ended = once(socket.resume(), "end").then(() => "fin");
    code.catch(() => {});
    ended.catch(() => {});
    const seen = await Promise.race([code, ended]);
    socket.destroy();
    return seen ?? "";
  };

  test("are refused, reset or closed at once, by URL or for all", async () => {
    expect(await dial(provider.refusedUrl)).toBe("ECONNREFUSED");
    expect(await dial(await provider.urlFor("accept-reset"))).toBe("ECONNRESET");
    expect(await dial(await provider.urlFor("accept-fin"))).toBe("fin");
    await expect(provider.urlFor("stall")).rejects.toThrow(RangeError);
    provider.setFault("*", "accept-reset?times=1");
    expect(await dial(provider.url)).toBe("ECONNRESET");
    const openai = new OpenAI({ baseURL: provider.url, apiKey: "k", maxRetries: 0 });
    const hi = [{ role: "user" as const, content: "Hi" }];
    expect((await openai.chat.completions.create({ model: "short", messages: hi })).usage?.completion_tokens).toBe(5);
  });

  test.each(["never-read", "blackhole"])("%s: are taken, and nothing comes", async (name) => {
    const asked = [await provider.urlFor(name), provider.url].map((url) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      const body = JSON.stringify({ model: `fault:${name}` });
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      return socket;
    });
    const entry = await provider.ledger.waitFor(([first]) => first);
    expect(entry).toMatchObject({ fault: name, bytesAccepted: 0, end: "open" });
    // A blackhole takes whatever comes; what is never read fills up.
    const isTaken = await new Promise((resolve) => {
      asked[0]!.once("drain", () => resolve(true)).write(Buffer.alloc(32 * 1024 * 1024));
      asked[1]!.write(Buffer.alloc(1024));
      if (name === "never-read") setTimeout(() => resolve(false), 200);
    });
    expect(isTaken).toBe(name === "blackhole");
    expect(asked.map(({ bytesRead }) => bytesRead)).toEqual([0, 0]);
    for (const socket of asked) socket.destroy();
  });

  test.runIf(process.platform === "linux")("hang where the system's queue is full", async () => {
    const socket = connect(Number(new URL(await provider.openBacklog()).port), "127.0.0.1");
    const isOpen = once(socket, "connect").then(
      () => true,
      () => false,
    );
    const pause = new Promise((resolve) => setTimeout(() => resolve("nothing"), 200));
    expect(await Promise.race([isOpen, pause])).toBe("nothing");
    socket.destroy();
  });

  test.each([
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT", "ok"],
    ["expired", "CERT_HAS_EXPIRED", "CERT_HAS_EXPIRED"],
    ["wrong-host", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ] as const)("over TLS, %s", async (kind, untrusted, trusted) => {
    const { url, certificate } = await provider.openTls(kind);
    const ask = (ca?: string): Promise<string> =>
      new Promise((resolve) => {
        getSecurely(`${url}/models`, { ca, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode === 200 ? "ok" : "?");
        }).on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    expect(await ask()).toBe(untrusted);
    expect(await ask(certificate)).toBe(trusted);
  });
});
