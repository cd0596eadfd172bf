import { BenchServers } from "../ingest/bench-servers.ts";
import { measureRebuild } from "./measure-rebuild.ts";

/** `npm run bench:rebuild [events]`: how fast rollups are filled from events that are there. */
const events = Number(process.argv[2] ?? 10_000_000);
if (!Number.isSafeInteger(events) || events < 1) throw new Error(`"${process.argv[2] ?? ""}" is no number of events.`);
const servers = await BenchServers.start();
try {
  for (const figure of await measureRebuild({ natsUrl: servers.natsUrl, clickhouseUrl: servers.clickhouseUrl, events })) {
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
} finally {
  await servers.stop();
}
