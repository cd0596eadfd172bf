import { text } from "node:stream/consumers";
import { Command } from "commander";
import { adHoc } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { Interrupted } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { parsePairs } from "../input/parse-pairs.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, refuseBinaryOnTerminal, ROW_FORMATS, rowFormatOption, wholeNumber, type RowFormat } from "../output/formats.ts";
import { RESULT_FORMAT, resultTable } from "../output/result-table.ts";

interface Flags {
  readonly param?: readonly string[];
  readonly maxRows: number;
  readonly maxSeconds: number;
  readonly format: RowFormat;
}

/** `hydrograph query`: one read-only statement, within limits. */
export function queryCommand(act: Act): Command {
  return new Command("query")
    .description("Ask the project's database in SQL: read only, and within limits.")
    .argument("<sql>", 'one SELECT; values as {name:Type}, given with --param; "-" reads it from standard input')
    .option("--param <name=value>", "a value of the statement; may be given more than once", collect)
    .option("--max-rows <n>", "fail if the answer has more rows", wholeNumber, 10_000)
    .option("--max-seconds <n>", "stop after so long", wholeNumber, 30)
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      '\nExamples:\n  hydrograph query "SELECT type, count() AS events FROM events GROUP BY type ORDER BY events DESC"\n' +
        '  hydrograph query "SELECT time, id FROM events WHERE subject = {who:String}" --param who=user-7 --format csv\n' +
        '  hydrograph query "SELECT * FROM events" --max-rows 1000000 --format parquet > events.parquet',
    )
    .action(act(query));
}

async function query(invocation: Invocation, sql: string, flags: Flags): Promise<number> {
  refuseBinaryOnTerminal(invocation.terminal, flags.format);
  const params = Object.fromEntries(parsePairs("--param", flags.param));
  const config = await openConfig(invocation);
  const statement = sql === "-" ? await text(process.stdin) : sql;
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const { terminal, signal } = invocation;
    const format = flags.format === "text" ? RESULT_FORMAT : ROW_FORMATS[flags.format];
    const { maxRows, maxSeconds } = flags;
    const answer = await adHoc(clickhouse, { sql: statement, params, format, maxRows, maxSeconds, signal });
    if (flags.format === "text") await terminal.write(await resultTable(answer));
    else await terminal.writeAll(answer);
    return EXIT.ok;
  } catch (error) {
    // Whatever an interrupted read says of the connection it lost, that is not why it ended.
    throw invocation.signal.aborted ? new Interrupted() : error;
  } finally {
    await clickhouse.close();
  }
}
