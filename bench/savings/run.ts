import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listConfigurations, nameConfiguration, planSteps } from "./configurations.ts";
import { describeWorkload } from "./describe-workload.ts";
import { measure, type Measurement } from "./measure.ts";
import { techniques } from "./project.ts";
import { formatReport, judge, toJson } from "./savings-report.ts";
import { createWorkload } from "./workload.ts";

/**
 * What routing, reuse, limits and the order of prompts save, and what they cost in quality: one workload, played once with
 * everything off, then with each technique alone and one after the other, through a real server over HTTP.
 */
const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    seed: { type: "string", default: "savings" },
    /** Only these, comma-separated. */
    techniques: { type: "string", default: techniques.join(",") },
  },
});

const beganAt = performance.now();
const options = { seed: values.seed, requests: values.short ? 600 : 5000 };
const wanted = new Set(values.techniques.split(","));
const plan = planSteps(techniques.filter((technique) => wanted.has(technique)));
const configurations = listConfigurations(plan);
const shape = describeWorkload(createWorkload(options));
const measured = new Map<string, Measurement>();
for (const [index, on] of configurations.entries()) {
  const name = nameConfiguration(on);
  const measurement = await measure(options, on);
  measured.set(name, measurement);
  console.error(`${index + 1} of ${configurations.length}: ${name}, ${measurement.seconds.toFixed(0)} s`);
}

const report = { plan, measured };
const seconds = (performance.now() - beganAt) / 1000;
const result = { ...options, shape, seconds, configurations: toJson(report) };
const folder = join(import.meta.dirname, "..", "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "savings.json"), `${JSON.stringify(result, null, 2)}\n`);
const { ok, lines } = judge(report, values.short);
if (values.json) console.log(JSON.stringify(result, null, 2));
else {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  console.log(
    `${shape.requests} requests for ${shape.items} things: ${percent(shape.exactRepeats)} exact repeats, ${percent(shape.rewordings)} in other words, ${percent(shape.twins)} twins.\n`,
  );
  console.log(`${formatReport(report)}\n`);
  console.log(`${configurations.length} runs in ${seconds.toFixed(0)} s`);
  for (const line of lines) console.log(line);
}
process.exitCode = ok ? 0 : 1;
