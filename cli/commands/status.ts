import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { ClickHouseFailure, type ClickHouse } from "../../clickhouse/index.ts";
import { laneStatus, type LaneStatus } from "../../ingest/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { CommandFailure, describeFailure, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption } from "../output/formats.ts";
import { lanesView } from "../output/lanes-view.ts";

interface Flags {
  readonly format: "text" | "json";
  readonly watch?: boolean;
}

const EXAMPLES = `
A lane is a stream and the one worker that reads it. "per second" is what was committed over the last minute, by the ledger.

Examples:
  hydrograph status
  hydrograph status --watch
  hydrograph lag --format json | jq '.[].lagMessages'`;

/** `hydrograph status`, also `lag`: what each lane does, and how far ClickHouse is behind its stream. */
export function statusCommand(act: Act): Command {
  return new Command("status")
    .alias("lag")
    .description("Show what each lane does, how far ClickHouse is behind its stream, and why. What nobody knows is unknown, never 0.")
    .option("--watch", "look again every 2 seconds, until Ctrl-C")
    .addOption(reportFormatOption())
    .addHelpText("after", EXAMPLES)
    .action(act(status));
}

const EVERY_MS = 2_000;

async function status(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { signal, terminal } = invocation;
  const jetstream = await openJetStream(invocation, config);
  try {
    if (flags.watch !== true) return await showOnce(invocation, config, jetstream, flags);
    while (!signal.aborted) {
      if (terminal.answersShown) await terminal.write(CLEAR_SCREEN);
      // A NATS that is away for a while is said, and asked again.
      await showOnce(invocation, config, jetstream, flags).catch((error: unknown) => {
        if (error instanceof UsageError) throw error;
        terminal.note(`hydrograph: ${describeFailure(error, false).sentence}`);
      });
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    return EXIT.ok;
  } finally {
    await jetstream.close();
  }
}

const CLEAR_SCREEN = "\u001B[H\u001B[2J";

/** @returns the exit code: a ClickHouse that is away leaves its part unknown, which is no success */
async function showOnce(invocation: Invocation, config: LoadedConfig, jetstream: JetStream, { format }: Flags): Promise<number> {
  const { project } = config;
  const { terminal } = invocation;
  const show = (lanes: readonly LaneStatus[]): Promise<void> =>
    terminal.write(format === "json" ? `${JSON.stringify(lanes.map(withNulls))}\n` : lanesView(lanes));
  let clickhouse: ClickHouse | undefined;
  try {
    clickhouse = await openClickHouse(invocation, config);
    await show(await laneStatus({ project, clickhouse, jetstream }));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommandFailure) && !(error instanceof ClickHouseFailure)) throw error;
    terminal.note(`hydrograph: ${describeFailure(error, false).sentence}`);
    await show(await laneStatus({ project, clickhouse: undefined, jetstream }));
    return EXIT.failure;
  } finally {
    await clickhouse?.close();
  }
}

/** JSON leaves out what is undefined; unknown must be seen. */
function withNulls(lane: LaneStatus): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lane).map(([key, value]) => [key, value ?? null]));
}
