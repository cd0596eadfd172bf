import { Command } from "commander";
import { openJetStream } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { BrokenLines } from "../input/broken-lines.ts";
import { openLines } from "../input/read-lines.ts";
import { tableRows, type FileRow } from "../input/table-rows.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { lookupTables, widestReplicas, type LookupTable, type Project } from "../../model/index.ts";
import type { Table } from "../../jetstream/index.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";

interface Flags {
  readonly key: string;
  readonly replace?: boolean;
  readonly strict?: boolean;
  readonly format: "text" | "json";
}

/** What loading a file did to a table. */
interface Loaded {
  added: number;
  changed: number;
  unchanged: number;
  removed: number;
}

/** Writes under way at a time: each waits a third of a millisecond for its answer. */
const UNDER_WAY = 256;

/** `hydrograph lookup`: the tables that enrichers look things up in. */
export function lookupCommand(act: Act): Command {
  const load = new Command("load")
    .description("Load rows into a lookup table from CSV or JSON lines; gzip is recognized. Running workers use them at once.")
    .argument("<table>", "the table's name in the config")
    .argument("<file>", 'the file, or "-" for standard input')
    .option("--key <column>", "the column that is the key", "key")
    .option("--replace", "remove the rows whose keys the file lacks")
    .option("--strict", "stop at the first broken line; without it, broken lines are reported and left out")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph lookup load customers customers.csv --key customer_id\n  hydrograph lookup load customers customers.ndjson.gz --replace\n\n" +
        "Events that were stored before keep what they were enriched with; `enriched._revisions` says which revision of the table that was.",
    )
    .action(act(loadTable));
  return new Command("lookup").description("Fill the tables that enrichers look things up in.").addCommand(load);
}

async function loadTable(invocation: Invocation, name: string, file: string, flags: Flags): Promise<number> {
  const { project } = await openConfig(invocation);
  const declared = tableOf(project, name);
  const jetstream = await openJetStream(invocation, await openConfig(invocation));
  const progress = startProgress(invocation.terminal, { what: "Loading", unit: "row" });
  const broken = new BrokenLines(invocation, file, flags.strict === true);
  try {
    const table = await jetstream.table(project.name, name, widestReplicas(project));
    const source = openLines(file, invocation.signal);
    const rows = goodRows(tableRows(source, declared, flags.key), broken, invocation.signal);
    const loaded = await writeRows(
      table,
      rows,
      (done) => progress.update(done),
      () => flags.replace === true && !invocation.signal.aborted && broken.count === 0,
    );
    progress.finish();
    await report(invocation, flags, name, { ...loaded, broken: broken.count });
    if (invocation.signal.aborted) return EXIT.interrupted;
    return broken.count > 0 ? EXIT.usage : EXIT.ok;
  } finally {
    progress.finish();
    await jetstream.close();
  }
}

function tableOf(project: Project, name: string): LookupTable {
  const tables = lookupTables(project.events);
  const found = tables.find((table) => table.name === name);
  if (found) return found;
  const known = tables.length === 0 ? "none: an enricher made by lookup() looks one up" : tables.map((table) => table.name).join(", ");
  throw new UsageError(`The project looks up no table "${name}" (it has ${known}).`);
}

async function* goodRows(
  rows: AsyncGenerator<FileRow>,
  broken: BrokenLines,
  signal: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly row: string }> {
  const keys = new Set<string>();
  for await (const each of rows) {
    if (signal.aborted) return;
    const problem = "problem" in each ? each.problem : keys.has(each.key) ? "repeats a key of a line before" : undefined;
    if (problem !== undefined && !broken.add(each.line, problem)) return;
    if (problem !== undefined || "problem" in each) continue;
    keys.add(each.key);
    yield each;
  }
}

/** Writes what differs from the table as it stands; then, if rows are to be removed, those whose keys did not come. */
async function writeRows(
  table: Table,
  rows: AsyncGenerator<{ readonly key: string; readonly row: string }>,
  onProgress: (done: number) => void,
  mayRemove: () => boolean,
): Promise<Loaded> {
  const loaded: Loaded = { added: 0, changed: 0, unchanged: 0, removed: 0 };
  const standing = new Map<string, string>();
  const following = await table.follow(({ key, row }) => (row === undefined ? standing.delete(key) : standing.set(key, row)));
  following.stop();
  const gone = new Set(standing.keys());
  const writes = new Writes();
  let done = 0;
  for await (const { key, row } of rows) {
    gone.delete(key);
    onProgress(++done);
    const before = standing.get(key);
    loaded[before === undefined ? "added" : before === row ? "unchanged" : "changed"] += 1;
    if (before !== row) await writes.add(table.put(key, row));
  }
  if (mayRemove()) {
    loaded.removed = gone.size;
    for (const key of gone) await writes.add(table.remove(key));
  }
  await writes.end();
  return loaded;
}

/** Keeps some writes under way; the first that fails ends all. */
class Writes {
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;

  async add(write: Promise<void>): Promise<void> {
    const settled = this.#settle(write).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    if (this.#underWay.size >= UNDER_WAY) await Promise.race(this.#underWay);
    this.#check();
  }

  async end(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#check();
  }

  async #settle(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}

async function report({ terminal }: Invocation, flags: Flags, table: string, counts: Loaded & { broken: number }): Promise<void> {
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify({ table, ...counts })}\n`);
    return;
  }
  const { added, broken, changed, removed, unchanged } = counts;
  const left = broken === 0 ? "" : `, ${plural(broken, "broken line")} left out`;
  await terminal.write(
    `${table}: ${showNumber(added)} added, ${showNumber(changed)} changed, ${showNumber(unchanged)} unchanged, ${showNumber(removed)} removed${left}.\n`,
  );
  if (flags.replace === true && broken > 0)
    terminal.note("hydrograph: no row was removed: the file has broken lines, which may be rows that are to stay.");
}
