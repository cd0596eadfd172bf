import { Command } from "commander";
import { laneStatus, type LaneStatus } from "../../ingest/index.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";
import { showNumber, showSeconds } from "../output/numbers.ts";
import { table } from "../output/table.ts";

interface Flags {
  readonly format: "text" | "json";
}

/** `hydrograph lag`: how far ClickHouse is behind each stream. */
export function lagCommand(act: Act): Command {
  return new Command("lag")
    .description("Show how far ClickHouse is behind each stream, and who reads it. What nobody knows is shown as unknown, never as 0.")
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExamples:\n  hydrograph lag\n  hydrograph lag --format json | jq '.[].lagMessages'")
    .action(act(lag));
}

async function lag(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const jetstream = await openJetStream(invocation, config);
    try {
      const lanes = await laneStatus({ project: config.project, clickhouse, jetstream });
      await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify(lanes.map(withNulls))}\n` : lagView(lanes));
      return EXIT.ok;
    } finally {
      await jetstream.close();
    }
  } finally {
    await clickhouse.close();
  }
}

/** JSON leaves out what is undefined; unknown must be seen. */
function withNulls(lane: LaneStatus): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lane).map(([key, value]) => [key, value ?? null]));
}

/** The lanes for reading. */
export function lagView(lanes: readonly LaneStatus[]): string {
  const right = "right" as const;
  const columns = [
    { title: "stream" },
    { title: "last", align: right },
    { title: "committed", align: right },
    { title: "behind", align: right },
    { title: "oldest waiting", align: right },
    { title: "read by" },
  ];
  const rows = lanes.map((lane) => [
    lane.stream,
    numberOrUnknown(lane.lastSeq),
    numberOrUnknown(lane.committed),
    numberOrUnknown(lane.lagMessages),
    lane.lagMessages === 0 ? "–" : lane.lagSeconds === undefined ? "unknown" : showSeconds(lane.lagSeconds),
    readerOf(lane),
  ]);
  return table(columns, rows);
}

/** Who reads a lane; a claim that is not renewed is shown with its age, since its owner may be dead. */
function readerOf({ beatSeconds = 0, owner, state }: LaneStatus): string {
  if (state === "stream-missing") return "there is no such stream";
  if (owner === undefined) return "nobody";
  const beat = `${showSeconds(beatSeconds)} ago`;
  return state === "stale" ? `${owner} (stale: last heard of ${beat})` : `${owner} (heard of ${beat})`;
}

function numberOrUnknown(value: number | undefined): string {
  return value === undefined ? "unknown" : showNumber(value);
}
