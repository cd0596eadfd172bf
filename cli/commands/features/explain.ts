import { Command } from "commander";
import {
  explainFeature,
  type ExplainAnswer,
  type ExplainedEvent,
  type ExplainedEvents,
  type FeatureExplanation,
  type LeftOutReason,
} from "../../../queries/index.ts";
import { openClickHouse } from "../../connections.ts";
import { EXIT } from "../../exit-codes.ts";
import { ENTITY_HELP, parseEntity, setNamed } from "../../input/entity-flags.ts";
import { parseAsOf } from "../../input/parse-as-of.ts";
import { openConfig, type Act, type Invocation } from "../../invocation.ts";
import { positionLine } from "../../output/answer-lines.ts";
import { reportFormatOption, wholeNumber } from "../../output/formats.ts";
import { plural, showNumber } from "../../output/numbers.ts";
import { printable, table } from "../../output/table.ts";

interface Flags {
  readonly entity: string;
  readonly feature: string;
  readonly at?: string;
  readonly asOf?: string;
  readonly limit?: number;
  readonly format: "text" | "json";
}

/** `hydrograph features explain`: what a value was worked out from. */
export function explainCommand(act: Act): Command {
  return new Command("explain")
    .description("Explain one value: its rule with the actual times, the events that count, and those that do not, with the reason.")
    .argument("<set>", "the feature set of the project")
    .requiredOption("--entity <entity>", ENTITY_HELP)
    .requiredOption("--feature <name>", "the feature")
    .option("--at <time>", "the moment T of the value (default: now)")
    .option("--as-of <state>", "count what the log held then: a time, a sequence, a watermark, a manifest, or the name of a saved one")
    .option("--limit <n>", "events listed for each reason, the nearest to the window's end (default: 10)", wholeNumber)
    .addOption(reportFormatOption())
    .addHelpText("after", "\nExample:\n  hydrograph features explain buyer --entity user-7 --feature orders_1h --at 2026-11-27T09:30Z")
    .action(act(explain));
}

async function explain(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { project } = config;
  const request = {
    features: name,
    entity: parseEntity(flags.entity, setNamed(project, name)),
    feature: flags.feature,
    signal: invocation.signal,
    ...(flags.at === undefined ? {} : { at: flags.at }),
    ...(flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, project.timezone, new Date()) }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
  };
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const answer = await explainFeature(clickhouse, project, request);
    await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify(answer)}\n` : describe(answer));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

function describe({ at, entity, explanation, watermark }: ExplainAnswer): string {
  const whom = Object.values(entity).map(printable).join(", ");
  return `${sections(explanation, `of ${whom}`)}\nat ${at}, ${positionLine(watermark)}\n`;
}

/** A value and what it comes from; below it its parts, each the same. */
function sections(explanation: FeatureExplanation, whose: string): string {
  const { events, name, parts, rule, unit, value } = explanation;
  const shown = value === null ? "no value" : printable(`${value}${unit === null ? "" : ` ${unit}`}`);
  const why = value === null && explanation.missing !== null ? ` (${explanation.missing})` : "";
  const head = `${name} ${whose}: ${shown}${why}\n${rule}\n`;
  return [head, ...(events ? [eventsSection(events)] : []), ...parts.map((part) => sections(part, whose))].join("\n");
}

const REASONS: Readonly<Record<LeftOutReason, string>> = {
  "before-window": "before the window",
  "after-window": "after the window",
  "filtered-out": "filtered out",
  "without-field": "without the field",
  "known-later": "known after T",
  "after-watermark": "after the watermark",
};

function eventsSection({ counted, leftOut, total, type }: ExplainedEvents): string {
  if (total === 0) return `There is no ${type} of this entity.\n`;
  const reasons = leftOut.map(({ count, reason }) => `${showNumber(count)} ${REASONS[reason]}`);
  const out = reasons.length === 0 ? "none is left out" : `left out: ${reasons.join(", ")}`;
  const rows = [
    ...counted.events.map((event) => line("yes", event)),
    ...leftOut.flatMap(({ events, reason }) => events.map((event) => line(`no: ${REASONS[reason]}`, event))),
  ];
  const columns = ["counts", "time", "known", "id", "position", "value"].map((title) => ({ title }));
  const more = total - rows.length;
  const rest = more === 0 ? "" : `${plural(more, "more event is", "more events are")} not listed.\n`;
  return `${showNumber(counted.count)} of ${plural(total, `${type} event`)} ${counted.count === 1 ? "counts" : "count"}; ${out}.\n\n${table(columns, rows)}${rest}`;
}

function line(counts: string, { id, knownAt, position: { idx, seq, stream }, time, value }: ExplainedEvent): string[] {
  const place = `${stream} ${showNumber(seq)}${idx === 0 ? "" : `.${idx}`}`;
  return [counts, short(time), short(knownAt), printable(id), place, value === null ? "" : printable(String(value))];
}

/** A moment without the zeros at its end. */
function short(moment: string): string {
  return moment.replace(/\.?0+Z$/, "Z");
}
