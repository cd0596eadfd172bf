import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse, startNats } from "../../embedded/index.ts";
import { verify } from "../../ingest/index.ts";
import { connectJetStream, eventMessage } from "../../jetstream/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { processCpuMicros } from "../process-cpu.ts";
import { benchEvent, benchProject, EVENT_BYTES } from "./bench-project.ts";
import { reportOf, type ChildReport } from "./child-report.ts";
import { eventCount } from "./event-count.ts";

const say = (line: string): void => console.error(line);
const { events, json } = commandLine();

const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
const nats = await startNats({ dataDir: join(dataDir, "nats") });
const clickhouseServer = await startClickHouse({ dataDir: join(dataDir, "clickhouse") });
const servers = [
  { name: "nats", pid: nats.pid },
  { name: "clickhouse", pid: clickhouseServer.pid },
] as const;

function commandLine(): { readonly events: number; readonly json: boolean } {
  try {
    const { values } = parseArgs({
      options: { events: { type: "string", default: "1000000" }, json: { type: "boolean", default: false } },
    });
    return { events: eventCount(values.events), json: values.json };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

/** Runs one half in a process of its own; server CPU is what the servers used meanwhile. */
async function measure(task: "drain" | "ingest"): Promise<ChildReport & { serverCpu: Record<string, number | undefined> }> {
  const before = servers.map(({ pid }) => processCpuMicros(pid));
  const child = fork(fileURLToPath(new URL("./child.ts", import.meta.url)), [task, nats.url, clickhouseServer.url], {
    execArgv: ["--import", "tsx"],
  });
  const report = await reportOf(child, task);
  const serverCpu = Object.fromEntries(
    servers.map(({ name, pid }, index) => {
      const after = processCpuMicros(pid);
      const start = before[index];
      return [name, after === undefined || start === undefined ? undefined : (after - start) / events];
    }),
  );
  return { ...report, serverCpu };
}

try {
  const jetstream = await connectJetStream({ url: nats.url });
  await jetstream.ensureStreams(benchProject.streams);
  const clickhouse = connectClickHouse({ url: clickhouseServer.url, database: benchProject.name });
  await applyPlan(await migrationPlan(benchProject, clickhouse), clickhouse);
  say(`publishing ${events} events of ${EVENT_BYTES} bytes …`);
  const publishing = performance.now();
  const numbers = function* (): Generator<ReturnType<typeof eventMessage>> {
    for (let n = 0; n < events; n += 1) yield eventMessage(benchProject, benchEvent(n));
  };
  await jetstream.publish(numbers());
  const publishPerSecond = events / ((performance.now() - publishing) / 1_000);

  say("draining the stream with the same reader, then ingesting it …");
  const drain = await measure("drain");
  const ingest = await measure("ingest");
  const verdict = await verify({ clickhouse, jetstream, project: benchProject });
  if (!verdict.ok || verdict.inserted !== events) throw new Error(`The ledger does not balance: ${JSON.stringify(verdict)}`);
  await jetstream.close();
  await clickhouse.close();

  const drainPerSecond = events / drain.seconds;
  const eventsPerSecond = events / ingest.seconds;
  const result = {
    events,
    eventBytes: EVENT_BYTES,
    publishPerSecond: Math.round(publishPerSecond),
    drainPerSecond: Math.round(drainPerSecond),
    eventsPerSecond: Math.round(eventsPerSecond),
    ratio: Number((eventsPerSecond / drainPerSecond).toFixed(3)),
    cpuMicrosPerEvent: { worker: ingest.cpuMicros / events, ...ingest.serverCpu },
    workerPeakMb: Math.round(ingest.peakMb),
  };
  if (json) console.log(JSON.stringify(result));
  else {
    const micros = Object.entries(result.cpuMicrosPerEvent).map(
      ([name, value]) => `${name} ${value === undefined ? "unknown" : value.toFixed(1)}`,
    );
    console.log(`bare drain      ${result.drainPerSecond.toLocaleString("en")} events/s`);
    console.log(`whole pipeline  ${result.eventsPerSecond.toLocaleString("en")} events/s   (ratio ${result.ratio})`);
    console.log(`CPU µs/event    ${micros.join(", ")}`);
    console.log(`worker memory   ${result.workerPeakMb} MiB at its peak`);
  }
} finally {
  await nats.stop();
  await clickhouseServer.stop();
  await rm(dataDir, { recursive: true, force: true });
}
