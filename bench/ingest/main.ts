import { connectClickHouse } from "../../clickhouse/index.ts";
import { verify } from "../../ingest/index.ts";
import { connectJetStream, eventMessage } from "../../jetstream/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { benchEvent, benchProject } from "./bench-project.ts";
import { BenchServers } from "./bench-servers.ts";
import { benchOptions, type BenchOptions } from "./command-line.ts";
import { measureFreshness, measureOutage } from "./live-phase.ts";
import { NAIVE_TABLE } from "./naive-writer.ts";
import { resultOf, resultText } from "./result.ts";
import { runChild } from "./run-child.ts";

const say = (line: string): void => console.error(line);
/** The naive writer is slow: a part of the events tells its rate. */
const NAIVE_MESSAGES = 200_000;

function optionsOrExit(): BenchOptions {
  try {
    return benchOptions();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

const options = optionsOrExit();
const { bytes, derive, events } = options;
const servers = await BenchServers.start();
try {
  const jetstream = await connectJetStream({ url: servers.natsUrl });
  await jetstream.ensureStreams(benchProject.streams);
  const clickhouse = connectClickHouse({ url: servers.clickhouseUrl, database: benchProject.name });
  await applyPlan(await migrationPlan(benchProject, clickhouse), clickhouse);
  await clickhouse.command({ name: "Naive table", sql: NAIVE_TABLE });
  const check = async (count: number): Promise<void> => {
    const verdict = await verify({ clickhouse, jetstream, project: benchProject });
    if (!verdict.ok || verdict.inserted !== count) throw new Error(`The ledger does not balance: ${JSON.stringify(verdict)}`);
  };

  say(`publishing ${events} events of ${bytes} bytes …`);
  const publishing = performance.now();
  const numbers = function* (): Generator<ReturnType<typeof eventMessage>> {
    for (let n = 0; n < events; n += 1) yield eventMessage(benchProject, benchEvent(n, bytes));
  };
  await jetstream.publish(numbers());
  const publishSeconds = (performance.now() - publishing) / 1_000;

  say("draining the stream with the client's consumer, then with our reader, then ingesting it …");
  const drain = await runChild("drain", servers);
  const reading = await runChild("read", servers);
  const ingest = await runChild("ingest", servers, { derive });
  await check(events);
  say("a naive writer with part of it …");
  const naiveMessages = Math.min(events, NAIVE_MESSAGES);
  const naive = await runChild("naive", servers, { messages: naiveMessages });
  say("10,000 events a second to a worker at work …");
  const live = { servers, jetstream, clickhouse, bytes, derive };
  const freshnessP95Ms = await measureFreshness({ ...live, first: events });
  if (options.outage) say("the same, with ClickHouse away for a minute …");
  const outage = options.outage ? await measureOutage({ ...live, first: 2 * events + 1_000_000 }) : undefined;
  await check((await jetstream.streamState(benchProject.streams[0]?.name ?? ""))?.lastSeq ?? 0);
  await jetstream.close();
  await clickhouse.close();

  const result = resultOf({ options, publishSeconds, drain, reading, ingest, naive, naiveMessages, freshnessP95Ms, outage });
  console.log(options.json ? JSON.stringify(result) : resultText(result));
} finally {
  await servers.stop();
}
