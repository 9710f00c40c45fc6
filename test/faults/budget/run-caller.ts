// A process that opens the library on a project, and calls as its parent's messages say: `node run-caller.ts [project as JSON]`.
import { createHeadgate, type Headgate } from "../../../src/index.ts";
import { HeadgateError } from "../../../src/errors.ts";
import { parseJson } from "../../../src/json.ts";
import type { CallerProject, Firing, FiringCounts } from "./caller-process.ts";

const { config, endpoint, dataFolder } = parseJson(process.argv[2]!) as CallerProject;
const headgate: Headgate = createHeadgate({
  ...(config as object),
  endpoints: { [endpoint.name]: endpoint.definition as never },
  dataFolder,
});

/** Keeps `atOnce` calls under way until as many as ordered were made, or admitted. */
async function fire({ calls, atOnce, untilAdmitted, text }: Firing): Promise<FiringCounts> {
  const counts: FiringCounts = { admitted: 0, codes: {}, firstRefusedAtMs: undefined, endedAtMs: 0 };
  let made = 0;
  const isOver = (): boolean => (untilAdmitted === undefined ? made >= calls : counts.admitted >= untilAdmitted);
  const work = async (): Promise<void> => {
    while (!isOver()) {
      made++;
      try {
        await headgate.call(endpoint.name, { text: `${text} ${made}` });
        counts.admitted++;
      } catch (error) {
        const { code } = HeadgateError.from(error);
        counts.codes[code] = (counts.codes[code] ?? 0) + 1;
        if (code === "budget_exceeded") counts.firstRefusedAtMs ??= Date.now();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, calls) }, work));
  return { ...counts, endedAtMs: Date.now() };
}

process.on("message", (order: Firing | "close") => {
  if (order === "close") {
    void headgate.close().then(() => {
      process.send!("closed");
      process.disconnect();
    });
    return;
  }
  void fire(order).then((counts) => process.send!(counts));
});
await headgate.ready();
process.send!("ready");
