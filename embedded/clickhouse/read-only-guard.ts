import { quote } from "./engine.ts";
import type { EngineSession } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import type { Statement } from "./statement.ts";

/** Kinds of function that only compute. Left out: those that read files, call out, look into the process or read dictionaries; a kind that a new version adds is not allowed either. */
const allowedCategories =
  "Aggregate Functions,Arithmetic,Arrays,Bit,Bitmap,Comparison,Conditional,Dates and Times,Distance,Encoding,Encryption,Financial,Geo,Geo Polygon,Hash,IP Address,JSON,Logical,Map,Mathematical,Null,NumericIndexedVector,QBit,Random Number,Rounding,String,String Replacement,String Search,String Splitting,Time Series,Time Window,Tuple,Type Conversion,URL,UUID".split(
    ",",
  );

/** Harmless functions of the category Other. */
const allowedOthers =
  "_CAST bar blockNumber blockSize byteSize countDigits currentDatabase currentUser displayName dumpColumnStructure errorCodeToName finalizeAggregation formatQuery formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta FQDN getSetting getSubcolumn hostName identity ignore indexHint initializeAggregation isConstant isDecimalOverflow lowCardinalityIndices lowCardinalityKeys materialize neighbor normalizeQuery normalizedQueryHash parseReadableSize parseReadableSizeOrNull parseReadableSizeOrZero parseTimeDelta partitionId queryID revision rowNumberInAllBlocks rowNumberInBlock runningAccumulate runningDifference runningDifferenceStartingWithFirstValue throwIf toColumnTypeName toTypeName transform uptime variantElement variantType version visibleWidth".split(
    " ",
  );

const allowedTableFunctions =
  "numbers numbers_mt zeros zeros_mt generateSeries generate_series generateRandom primes values SQLStandardValues view format".split(" ");

const allowedStatements = new Set(["SELECT", "WITH", "FROM", "SHOW", "DESC", "DESCRIBE", "EXPLAIN", "EXISTS", "("]);

/**
 * Decides what a request that may only read can run. ClickHouse's `readonly = 1` alone is not enough in this engine: it still lets `SELECT file('/etc/passwd')`,
 * `INTO OUTFILE`, `SYSTEM` and `KILL QUERY` through. So the statement is parsed by the engine (`EXPLAIN AST`) and every function in it must be one that only computes.
 */
export class ReadOnlyGuard {
  readonly #forbiddenFunctions: ReadonlySet<string>;
  readonly #forbidden: ReadonlySet<string>;

  private constructor(functions: ReadonlySet<string>, tableFunctions: ReadonlySet<string>) {
    this.#forbiddenFunctions = functions;
    this.#forbidden = new Set([...functions, ...tableFunctions]);
  }

  /** Reads the engine's catalogue of functions: whatever is in it and not allowed above is forbidden, under its aliases too. */
  static async load(session: EngineSession): Promise<ReadOnlyGuard> {
    const functions = `SELECT lower(f.name) FROM system.functions AS f LEFT JOIN system.functions AS original ON f.alias_to = original.name
      WHERE if(f.alias_to = '', f.categories, original.categories) NOT IN (${allowedCategories.map(quote).join()})
        AND if(f.alias_to = '', f.name, f.alias_to) NOT IN (${allowedOthers.map(quote).join()})`;
    const tableFunctions = `SELECT lower(name) FROM system.table_functions WHERE name NOT IN (${allowedTableFunctions.map(quote).join()})`;
    const names = async (sql: string): Promise<Set<string>> =>
      new Set(
        Buffer.from((await session.run(sql)).output)
          .toString()
          .split("\n")
          .filter(Boolean),
      );
    return new ReadOnlyGuard(await names(functions), await names(tableFunctions));
  }

  /**
   * @param session the request's session, with its parameters set, before it becomes read-only
   * @throws EngineError 164 or 497, saying what is not allowed
   */
  async check(session: EngineSession, sql: string, statement: Statement): Promise<void> {
    if (statement.kind !== "rows" || !allowedStatements.has(statement.keyword))
      throw refusal(164, "READONLY", "Cannot execute query in readonly mode");
    const text = sql.replace(/[\s;]+$/, "");
    // EXPLAIN AST would see the first of several statements only, and INTO OUTFILE leaves no trace in it.
    if (text.includes(";"))
      throw refusal(
        164,
        "READONLY",
        "A read-only request must not contain a semicolon, not even in a string: pass the string as a query parameter",
      );
    if (/outfile/i.test(text))
      throw refusal(164, "READONLY", "A read-only request must not contain the word OUTFILE, not even in a string");
    // Nor do WHERE and LIMIT of a SHOW statement.
    if (statement.keyword === "SHOW" && text.includes("("))
      throw refusal(164, "READONLY", "A read-only SHOW statement must not contain brackets");
    const tree = Buffer.from((await session.run(`EXPLAIN AST ${text}`, "TabSeparatedRaw")).output).toString();
    for (const line of tree.split("\n")) this.#checkNode(line.trim());
  }

  #checkNode(node: string): void {
    const [, kind, name = ""] =
      /^(Function|Identifier|Columns(?:Apply|Replace)Transformer)\s?(.*?)(?: \((?:alias|children) .*)?$/.exec(node) ?? [];
    const known = name.toLowerCase();
    if (kind === "Function" && this.#forbidden.has(known))
      throw refusal(497, "ACCESS_DENIED", `Not enough privileges: function ${name} is not available to read-only requests`);
    if (kind === "Identifier" && this.#forbiddenFunctions.has(known))
      throw refusal(
        497,
        "ACCESS_DENIED",
        `Not enough privileges: ${name} is the name of a function that is not available to read-only requests; if it is a column, write table.${name}`,
      );
    if (kind?.endsWith("Transformer"))
      throw refusal(497, "ACCESS_DENIED", "Not enough privileges: APPLY and REPLACE on columns are not available to read-only requests");
  }
}

/** Settings that user `readonly` may send: limits, output, time zone. Not `output_format_schema`, which names a file to write, nor `additional_table_filters`, whose text is SQL. */
const readerSettings =
  /^(max_\w+|min_\w+|\w+_overflow_mode|output_format_(?!schema)\w+|date_time_output_format|session_timezone|extremes|limit|offset|log_comment|readonly|use_query_cache|query_cache_\w+|timeout_before_checking_execution_speed|join_use_nulls|group_by_use_nulls|enable_http_compression|http_\w+|send_progress_in_http_headers|cancel_http_readonly_queries_on_client_close|add_http_cors_header)$/;

/** @throws EngineError 164 for a setting that user `readonly` may not change */
export function checkReaderSettings(names: Iterable<string>): void {
  for (const name of names) {
    if (!readerSettings.test(name)) throw refusal(164, "READONLY", `Cannot modify '${name}' setting in readonly mode`);
  }
}

function refusal(code: number, name: string, reason: string): EngineError {
  return new EngineError(code, name, reason);
}
