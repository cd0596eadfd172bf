import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse } from "../../embedded/index.ts";
import { buildTrainingSet, type PlanChoice, type TrainingSet } from "../../queries/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { processCpuMicros } from "../process-cpu.ts";
import { eventCount } from "../ingest/event-count.ts";
import { buyer, featuresProject } from "./bench-project.ts";
import { measureOnline } from "./measure-online.ts";
import { measurePeers } from "./measure-peers.ts";
import { fillStatements, SHAPES, spineStatement, type Shape } from "./shapes.ts";

const say = (text: string): void => console.error(text);

interface Options {
  readonly events: number;
  readonly rows: number;
  readonly json: boolean;
  readonly onlineOnly: boolean;
  readonly shapes: readonly Shape[];
}

function commandLine(): Options {
  try {
    const { values } = parseArgs({
      options: {
        events: { type: "string", default: "5000000" },
        rows: { type: "string", default: "100000" },
        shape: { type: "string", multiple: true },
        json: { type: "boolean", default: false },
        "online-only": { type: "boolean", default: false },
      },
    });
    const wanted = values.shape ?? SHAPES.map(({ name }) => name);
    return {
      events: eventCount(values.events),
      rows: eventCount(values.rows),
      json: values.json,
      onlineOnly: values["online-only"],
      shapes: SHAPES.filter(({ name }) => wanted.includes(name)),
    };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

interface Bench {
  readonly clickhouse: ClickHouse;
  readonly folder: string;
  readonly pid: number;
}

interface Measured {
  readonly built: TrainingSet;
  readonly seconds: number;
  /** Of the ClickHouse process. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Builds the set by a plan; the peak is that of the ClickHouse process, sampled from its resident memory. */
async function measure({ clickhouse, folder, pid }: Bench, plan: PlanChoice): Promise<Measured> {
  let peak = 0;
  const timer = setInterval(() => void residentMb(pid).then((mb) => (peak = Math.max(peak, mb))), 50);
  let [start, end, cpuStart, cpuEnd] = [0, 0, 0, 0];
  try {
    const built = await buildTrainingSet(clickhouse, featuresProject, {
      spine: { path: join(folder, "spine.csv") },
      features: buyer,
      out: join(folder, `${plan}.parquet`),
      force: true,
      plan,
      onStep: (step, _rows, done) => {
        // Told again as labels are done; the clock starts at the first.
        if (step === "features" && done === undefined) [start, cpuStart] = [performance.now(), processCpuMicros(pid) ?? 0];
        if (step === "file") [end, cpuEnd] = [performance.now(), processCpuMicros(pid) ?? 0];
      },
    });
    return { built, seconds: (end - start) / 1_000, cpuSeconds: (cpuEnd - cpuStart) / 1e6, peakMb: Math.round(peak) };
  } finally {
    clearInterval(timer);
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

async function measureShape(bench: Bench, shape: Shape, { events, onlineOnly, rows }: Options) {
  say(`${shape.name}: making ${events.toLocaleString("en")} events …`);
  for (const statement of fillStatements(shape, events)) await bench.clickhouse.command(statement);
  const online = await measureOnline(bench.clickhouse, shape, events);
  if (onlineOnly) return { shape: shape.name, events, ...online };
  await pipeline(await bench.clickhouse.bytes(spineStatement(shape, events, rows)), createWriteStream(join(bench.folder, "spine.csv")));
  say(`${shape.name}: measuring …`);
  // In turns, ours first, so that what is read for the first time does not favour it. Of short histories the quickest of three rounds counts, of both; long ones take the join minutes.
  const rounds = shape.name === "short" ? 3 : 1;
  const ours: Measured[] = [];
  const joined: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await measure(bench, "auto"));
    joined.push(await measure(bench, "join"));
  }
  const hashes = new Set([...ours, ...joined].map(({ built }) => built.manifest.file.sha256));
  if (hashes.size > 1) throw new Error(`The plans give different training sets of the shape "${shape.name}".`);
  const files = { folder: bench.folder, spine: join(bench.folder, "spine.csv"), ours: join(bench.folder, "auto.parquet") };
  const peers = await measurePeers(bench.clickhouse, files, say);
  const least = (runs: readonly Measured[], of: "seconds" | "cpuSeconds"): number => Math.min(...runs.map((run) => run[of]));
  const seconds = least(ours, "seconds");
  const joinSeconds = least(joined, "seconds");
  return {
    shape: shape.name,
    rows,
    features: Object.keys(buyer.features).length,
    events,
    hotEntities: ours[0]?.built.plans[0]?.hot.entities ?? 0,
    seconds: round2(seconds),
    peakMb: Math.max(...ours.map((run) => run.peakMb)),
    joinSeconds: round2(joinSeconds),
    joinPeakMb: Math.max(...joined.map((run) => run.peakMb)),
    ratio: round2(joinSeconds / seconds),
    cpuRatio: round2(least(joined, "cpuSeconds") / least(ours, "cpuSeconds")),
    ...peers,
    ...online,
  };
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

const options = commandLine();
const { json, shapes } = options;
const folder = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
const server = await startClickHouse({ dataDir: join(folder, "clickhouse") });
try {
  const clickhouse = connectClickHouse({ url: server.url, database: featuresProject.name });
  await applyPlan(await migrationPlan(featuresProject, clickhouse), clickhouse);
  for (const shape of shapes) {
    const result = await measureShape({ clickhouse, folder, pid: server.pid }, shape, options);
    if (json) console.log(JSON.stringify(result));
    else
      say(
        Object.entries(result)
          .map(([name, value]) => `${name} ${value.toLocaleString("en")}`)
          .join(", "),
      );
  }
  await clickhouse.close();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
