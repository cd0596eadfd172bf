// Prints the shop's events as NDJSON: node dist/examples/shop/main.js --days 30 --sessions 60000 --seed 1 --until 2026-11-30 > shop.ndjson
import { parseArgs } from "node:util";
import { writeNdjson } from "../ndjson.ts";
import { shopEvents } from "./shop-events.ts";

const HELP = `Prints the history of a made-up web shop as CloudEvents, one a line.

  node dist/examples/shop/main.js [--days 30] [--sessions 60000] [--seed 1] [--until 2026-11-30T00:00:00Z] > shop.ndjson

  --days      length of the history (default 30)
  --sessions  visits in as many ordinary days; a sale adds to them (default 60000: about 300,000 events)
  --seed      another whole number is another shop (default 1)
  --until     end of the history, a date or RFC 3339 time (default now)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      days: { type: "string", default: "30" },
      sessions: { type: "string", default: "60000" },
      seed: { type: "string", default: "1" },
      until: { type: "string", default: new Date().toISOString() },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { days, sessions, seed, until } = values;
  await writeNdjson(shopEvents({ days: Number(days), sessions: Number(sessions), seed: Number(seed), until: new Date(until) }));
}

main().catch((error: unknown) => {
  console.error(`shop: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
