import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse } from "../../embedded/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { benchProject } from "../ingest/bench-project.ts";
import { reportOf } from "../ingest/child-report.ts";
import { eventCount } from "../ingest/event-count.ts";
import { benchStoredAt, STEP_MICROS } from "./bench-key.ts";
import type { FillReport, WindowReport } from "./child.ts";

const say = (text: string): void => console.error(text);
const { keys, json } = commandLine();

function commandLine(): { readonly keys: number; readonly json: boolean } {
  try {
    const { values } = parseArgs({
      options: { keys: { type: "string", default: "10000000" }, json: { type: "boolean", default: false } },
    });
    return { keys: eventCount(values.keys, "--keys"), json: values.json };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

/** Runs one of the things compared in a process of its own. */
async function run<Report>(task: "window" | "map" | "fill", ...more: string[]): Promise<Report> {
  const child = fork(fileURLToPath(new URL("./child.ts", import.meta.url)), [task, String(keys), ...more], {
    // Ten million keys in a Map take more than the heap that Node has by default.
    execArgv: ["--import", "tsx", "--expose-gc", "--max-old-space-size=16384"],
  });
  return reportOf<Report>(child, task);
}

/** SQL of the store time of a key whose number is an SQL expression. */
function storedAt(number: string): string {
  return `fromUnixTimestamp64Micro(toInt64(${benchStoredAt(0)} + (${number}) * ${STEP_MICROS}))`;
}

/** Fills a window from a table of as many events in ClickHouse, and checks that it got them all. */
async function measureFill(): Promise<FillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
  const server = await startClickHouse({ dataDir });
  try {
    const database = benchProject.name;
    const clickhouse = connectClickHouse({ url: server.url, database });
    await applyPlan(await migrationPlan({ ...benchProject, metrics: [] }, clickhouse), clickhouse);
    await clickhouse.command({
      name: "Events",
      sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source)
            SELECT 'BENCH', 1, number + 1, 0, ${storedAt("number")} AS stored_at, stored_at, stored_at, concat('order-', leftPad(toString(number), 9, '0')), 'order.placed', 'shop/checkout'
            FROM numbers({keys:UInt64})`,
      params: { keys: String(keys) },
    });
    await clickhouse.command({
      name: "Ledger",
      sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, event_rows, stored_from, stored_to)
            SELECT 'BENCH', 1, 1, 1, {keys:UInt64}, {keys:UInt64}, ${storedAt("0")}, ${storedAt(String(keys - 1))}`,
      params: { keys: String(keys) },
    });
    await clickhouse.close();
    const report = await run<FillReport>("fill", server.url, database);
    if (report.size !== keys) throw new Error(`The window was filled with ${report.size} keys instead of ${keys}.`);
    return report;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A line of the table: a name, then a cell for each column. */
function line(name: string, cells: readonly string[]): string {
  return `${name.padEnd(12)}${cells.map((cell) => cell.padStart(12)).join("")}`;
}

function cellsOf({ bytes, knownNs, longestMs, newNs, steadyNs }: WindowReport): string[] {
  return [(bytes / keys).toFixed(1), newNs.toFixed(0), knownNs.toFixed(0), steadyNs.toFixed(0), longestMs.toFixed(1)];
}

say(`${keys} keys, first in a window of typed arrays, then in a Map of texts …`);
const window = await run<WindowReport>("window");
const map = await run<WindowReport>("map");
say("filling a window from ClickHouse …");
const fill = await measureFill();
if (json) console.log(JSON.stringify({ keys, window, map, fill: { ...fill, keysPerSecond: Math.round(keys / fill.seconds) } }));
else {
  console.log(line("", ["bytes/key", "new ns", "known ns", "steady ns", "longest ms"]));
  console.log(line("window", cellsOf(window)));
  console.log(line("Map of texts", cellsOf(map)));
  console.log(`filled from ClickHouse in ${fill.seconds.toFixed(1)} s, ${Math.round(keys / fill.seconds).toLocaleString("en")} keys/s`);
}
