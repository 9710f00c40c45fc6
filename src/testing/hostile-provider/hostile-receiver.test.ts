import { afterEach, beforeEach, expect, test } from "vitest";
import { askRaw } from "./ask-raw-fixture.ts";
import { receiverFaults } from "./faults/receiving.ts";
import { createHostileReceiver, type HostileReceiver } from "./hostile-receiver.ts";

let receiver: HostileReceiver;
beforeEach(async () => {
  receiver = await createHostileReceiver({ respond: ({ body }) => ({ length: body.length }) });
});
afterEach(() => receiver.close());

interface Sight {
  readonly see: RegExp;
  readonly end?: string;
  readonly until?: RegExp;
  readonly params?: string;
}

const sights: Readonly<Record<string, Sight>> = {
  slow: { see: /^HTTP\/1\.1 200 .*\{"ok":true\}$/s, params: "ms=20" },
  "slow-body": { see: /\{"ok":true\}$/, params: "ms=20" },
  redirect: { see: /^HTTP\/1\.1 308 .*location: http:\/\/10\.0\.0\.1\//s, params: "code=308&to=http://10.0.0.1/" },
  gone: { see: /^HTTP\/1\.1 410 / },
  "rate-limit": { see: /^HTTP\/1\.1 429 .*retry-after: 7\r\n/s, params: "s=7" },
  status: { see: /^HTTP\/1\.1 502 /, params: "code=502" },
  "reset-after-read": { see: /^$/, end: "reset" },
  "close-before-status": { see: /^$/, end: "fin" },
  "huge-response": { see: / {1000}$/, params: "mib=2" },
  "endless-response": { see: /^HTTP\/1\.1 200 /, until: /(?:400\r\nx{1024}\r\n){3}/ },
  html: { see: /<html>/ },
};

test("each fault has a test", () => {
  const names = receiverFaults.map(({ name }) => name);
  expect([...Object.keys(sights), "hang"].toSorted()).toEqual(names.toSorted());
});

test.each(Object.entries(sights))("%s", async (name, { see, end, until, params = "" }) => {
  const {
    raw,
    end: seen,
    socket,
  } = await askRaw(receiver.url, {
    model: "",
    path: `/hooks/${name}?${params}`,
    until: until && ((bytes) => until.test(bytes)),
  });
  expect(raw).toMatch(see);
  expect(seen).toBe(end ?? "open");
  const delivery = await receiver.waitFor(([first]) => first);
  expect(delivery.entry).toMatchObject({ fault: name });
  expect(delivery.isTaken).toBe(receiverFaults.find((fault) => fault.name === name)?.isTaken);
  // Whoever checks a signature needs the body and the headers as they were.
  expect(delivery.body).toContain('"messages"');
  expect(delivery.headers["authorization"]).toBe("Bearer sk-test-dead");
  socket.destroy();
});

test("takes and never answers, until the sender leaves", async () => {
  const asked = askRaw(receiver.url, { model: "", path: "/hang" });
  const delivery = await receiver.waitFor(([first]) => first);
  expect(delivery).toMatchObject({ isTaken: false, entry: { end: "open", bytesAccepted: 0 } });
  await receiver.close();
  expect((await asked).raw).toBe("");
  receiver = await createHostileReceiver();
});

test("answers tools well, and fails only as often as told", async () => {
  const ask = async (path: string): Promise<string> => {
    const { raw, socket } = await askRaw(receiver.url, { model: "", path });
    socket.destroy();
    return raw;
  };
  expect(await ask("/tools/look")).toMatch(/200 .*\{"length":\d+\}$/s);
  receiver.setFault("look", "status?code=503&times=1");
  expect(await ask("/tools/look")).toMatch(/^HTTP\/1\.1 503/);
  expect(await ask("/tools/look")).toMatch(/^HTTP\/1\.1 200/);
  expect(await ask("/gone?times=1")).toMatch(/^HTTP\/1\.1 410/);
  expect(await ask("/gone?times=1")).toMatch(/^HTTP\/1\.1 200/);
});
