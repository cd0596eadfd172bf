import { Command } from "commander";
import { openClickHouse, openJetStream } from "../connections.ts";
import { examine } from "../doctor/examine.ts";
import { gatherFacts } from "../doctor/facts.ts";
import { ask, type Known } from "../doctor/known.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { diagnosisView } from "../output/diagnosis-view.ts";
import { reportFormatOption } from "../output/formats.ts";

interface Flags {
  readonly format: "text" | "json";
}

const NOTES = `
Run it as the user that the worker uses: what is checked is what that user may do. A server that is away is said, and the other one
is checked. Nothing is changed; to try whether inserts are accepted, one of no rows is sent to each table.

Exits with 3 if a check fails, with 0 if there are only warnings.

Examples:
  hydrograph doctor
  hydrograph doctor --format json | jq '.findings[] | select(.status != "ok")'`;

/** `hydrograph doctor`: whether all that exactness rests on is in force. */
export function doctorCommand(act: Act): Command {
  return new Command("doctor")
    .description("Check versions, durability, settings, clocks, room, permissions and lanes, and tell what is guaranteed as things are.")
    .addOption(reportFormatOption())
    .addHelpText("after", NOTES)
    .action(act(doctor));
}

async function doctor(invocation: Invocation, { format }: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const closing: (() => Promise<void>)[] = [];
  const reach = async <Server extends { close(): Promise<void> }>(open: () => Promise<Server>): Promise<Known<Server>> => {
    const server = await ask(open, UsageError);
    if ("value" in server) closing.push(() => server.value.close());
    return server;
  };
  try {
    const jetstream = await reach(() => openJetStream(invocation, config));
    const clickhouse = await reach(() => openClickHouse(invocation, config, { databaseMayLack: true }));
    const diagnosis = examine(await gatherFacts(config.project, jetstream, clickhouse));
    const { terminal } = invocation;
    await terminal.write(format === "json" ? `${JSON.stringify(diagnosis)}\n` : diagnosisView(diagnosis, terminal));
    return diagnosis.ok ? EXIT.ok : EXIT.findings;
  } finally {
    for (const close of closing) await close();
  }
}
