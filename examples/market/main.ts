// Prints the market's events as NDJSON: node dist/examples/market/main.js --days 5 --seed 1 --until 2026-11-28 > market.ndjson
import { parseArgs } from "node:util";
import { writeNdjson } from "../ndjson.ts";
import { marketEvents } from "./market-events.ts";

const HELP = `Prints quotes and trades of a made-up exchange as CloudEvents, one a line.

  node dist/examples/market/main.js [--days 5] [--seed 1] [--until 2026-11-28T00:00:00Z] > market.ndjson

  --days   length of the history (default 5: about 33,000 events)
  --seed   another whole number is another market (default 1)
  --until  end of the history, a date or RFC 3339 time (default now)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      days: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      until: { type: "string", default: new Date().toISOString() },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [days, seed, until] = [Number(values.days), Number(values.seed), new Date(values.until)];
  if (!(days > 0) || !Number.isInteger(seed) || Number.isNaN(until.getTime()))
    throw new Error("--days must be a number above 0, --seed a whole number, --until a date or time.");
  await writeNdjson(marketEvents({ days, seed, until }));
}

main().catch((error: unknown) => {
  console.error(`market: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
