// Runs a command against a throw-away Postgres server: node scripts/with-postgres.mjs -- npm test
// The server stands on loopback, in a temporary folder, and ends with the command. Its address is in HEADGATE_TEST_DATABASE_URL.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const separator = process.argv.indexOf("--");
const [command, ...rest] = separator === -1 ? [] : process.argv.slice(separator + 1);
if (command === undefined) fail("Usage: node scripts/with-postgres.mjs -- <command> [arguments]");

try {
  process.exitCode = await withServer(runCommand);
} catch (error) {
  fail(error.message);
}

async function withServer(work) {
  const programs = findPrograms();
  // Postgres refuses to run as root.
  const account = process.getuid?.() === 0 ? findAccount("postgres") : undefined;
  const folder = mkdtempSync(join(tmpdir(), "headgate-postgres-"));
  const run = (program, args) => runProgram(join(programs, program), args, { cwd: folder, ...account });
  try {
    if (account) chownSync(folder, account.uid, account.gid);
    const data = join(folder, "data");
    const port = await findFreePort();
    run("initdb", ["--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]);
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off`;
    run("pg_ctl", ["start", "--pgdata", data, "--wait", "--log", join(folder, "log"), "--options", settings]);
    try {
      return await work(`postgres://postgres@127.0.0.1:${port}/postgres`);
    } finally {
      run("pg_ctl", ["stop", "--pgdata", data, "--mode", "immediate"]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function findPrograms() {
  const installed = "/usr/lib/postgresql";
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(installed, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  const found = folders.find((path) => existsSync(join(path, "pg_ctl")) && existsSync(join(path, "initdb")));
  if (found !== undefined) return found;
  throw new Error("No Postgres in /usr/lib/postgresql, nor pg_ctl on the PATH. On Debian: apt-get install postgresql.");
}

function findAccount(name) {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`There is no user ${name} to run Postgres as.`);
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

async function findFreePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function runProgram(program, args, options) {
  // Not piped: the server inherits what pg_ctl has, and an open pipe would be waited for.
  const ran = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"], ...options });
  if (ran.error) throw ran.error;
  if (ran.status === 0) return;
  const log = join(options.cwd, "log");
  throw new Error(`${program} failed.\n${existsSync(log) ? readFileSync(log, "utf8") : ""}`);
}

function runCommand(url) {
  const child = spawn(command, rest, {
    stdio: "inherit",
    env: { ...process.env, HEADGATE_TEST_DATABASE_URL: url },
    shell: process.platform === "win32",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
