import type { Exchange } from "../exchange.ts";

/** One way in which a webhook's receiver, or a tool's server, can do wrong. Group L. */
export interface ReceiverFault {
  readonly name: string;
  readonly group: "L";
  readonly what: string;
  /** Whether the receiver has acted on the request: a second delivery is a duplicate. */
  readonly isTaken: boolean;
  /** The parameters, with their defaults. */
  readonly params?: string;
  run(exchange: Exchange): Promise<void>;
}

/** What a hostile receiver can do wrong. DNS that flips and bad TLS are not scripted here. */
export const receiverFaults: readonly ReceiverFault[] = [
  {
    group: "L",
    name: "slow",
    what: "200 after ms: set it to just before or after the sender's timeout.",
    isTaken: true,
    params: "ms=29000",
    run: async (exchange) => {
      await exchange.sleep(exchange.params.number("ms", 29_000));
      await exchange.respondJson(200, { ok: true });
    },
  },
  {
    group: "L",
    name: "slow-body",
    what: "200 at once, and a body whose end comes after ms.",
    isTaken: true,
    params: "ms=29000",
    run: async (exchange) => {
      await exchange.head(200, { "content-type": "application/json", "content-length": "11" });
      await exchange.write('{"ok":');
      await exchange.sleep(exchange.params.number("ms", 29_000));
      await exchange.write("true}");
    },
  },
  {
    group: "L",
    name: "redirect",
    what: "A redirect that must not be followed.",
    isTaken: false,
    params: "code=307&to=http://169.254.169.254/latest/meta-data/",
    run: (exchange) =>
      exchange.respond(exchange.params.number("code", 307), "", {
        location: exchange.params.text("to", "http://169.254.169.254/latest/meta-data/"),
      }),
  },
  {
    group: "L",
    name: "gone",
    what: "410: never send here again.",
    isTaken: false,
    run: (exchange) => exchange.respond(410, ""),
  },
  {
    group: "L",
    name: "rate-limit",
    what: "429 with Retry-After.",
    isTaken: false,
    params: "s=1",
    run: (exchange) => exchange.respond(429, "", { "retry-after": exchange.params.text("s", "1") }),
  },
  {
    group: "L",
    name: "status",
    what: "Any status.",
    isTaken: false,
    params: "code=500",
    run: (exchange) => exchange.respondJson(exchange.params.number("code", 500), { error: "Scripted." }),
  },
  {
    group: "L",
    name: "reset-after-read",
    what: "All is read and acted on, then the connection reset.",
    isTaken: true,
    run: (exchange) => exchange.reset(),
  },
  {
    group: "L",
    name: "close-before-status",
    what: "All is read, then the connection closed.",
    isTaken: false,
    run: (exchange) => exchange.fin(),
  },
  {
    group: "L",
    name: "hang",
    what: "All is read, and never answered.",
    isTaken: false,
    run: (exchange) => exchange.hang(),
  },
  {
    group: "L",
    name: "huge-response",
    what: "200 with a body of very many bytes.",
    isTaken: true,
    params: "mib=100",
    run: async (exchange) => {
      const mib = exchange.params.number("mib", 100);
      const block = Buffer.alloc(1024 * 1024, 0x20);
      await exchange.head(200, { "content-type": "text/plain", "content-length": String(mib * block.length) });
      for (let sent = 0; sent < mib; sent++) await exchange.write(block);
    },
  },
  {
    group: "L",
    name: "endless-response",
    what: "200 with a body that never ends.",
    isTaken: true,
    run: async (exchange) => {
      await exchange.head(200, { "content-type": "text/plain", "transfer-encoding": "chunked" });
      for (;;) {
        await exchange.chunk("x".repeat(1024));
        await exchange.sleep(10);
      }
    },
  },
  {
    group: "L",
    name: "html",
    what: "200 with a web page, as a captive portal or a login page sends.",
    isTaken: false,
    run: (exchange) =>
      exchange.respond(200, "<html><body>Please log in</body></html>", { "content-type": "text/html" }),
  },
];

const byName: ReadonlyMap<string, ReceiverFault> = new Map(receiverFaults.map((fault) => [fault.name, fault]));

export function findReceiverFault(name: string): ReceiverFault | undefined {
  return byName.get(name);
}
