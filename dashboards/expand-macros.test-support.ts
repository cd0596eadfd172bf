/** What Grafana knows when it sends a query: the range in milliseconds, and the values at the top of the dashboard. */
export interface View {
  readonly from: number;
  /** Not in the range. */
  readonly to: number;
  readonly zone: string;
  readonly grain: string;
  readonly streams: readonly string[];
  /** Of a dashboard of features. */
  readonly trainingSet?: string;
  readonly feature?: string;
  /** What is chosen on the dashboard that explores one metric; none of the filter = all. */
  readonly metric?: string;
  readonly dimension?: string;
  readonly filter?: readonly string[];
  readonly zoneOfGrid?: string;
  /** What prices are of. */
  readonly instrument?: string;
}

/**
 * Puts into a query what Grafana's front end (variables) and the ClickHouse plugin 4.20.0 (macros) would. Only what our dashboards use is known:
 * @throws Error on any other variable or macro, so that a typing error is no silent text
 */
export function expandMacros(sql: string, view: View): string {
  const known: Readonly<Record<string, string>> = {
    $__fromTime_ms: `fromUnixTimestamp64Milli(${view.from})`,
    $__toTime_ms: `fromUnixTimestamp64Milli(${view.to})`,
    "${grain:singlequote}": singleQuote(view.grain),
    "${__timezone:singlequote}": singleQuote(view.zone),
    "${stream:singlequote}": view.streams.map(singleQuote).join(","),
    "${training_set:singlequote}": singleQuote(view.trainingSet ?? ""),
    "${feature:singlequote}": singleQuote(view.feature ?? ""),
    "${metric:singlequote}": singleQuote(view.metric ?? "orders"),
    "${dimension:singlequote}": singleQuote(view.dimension ?? "country"),
    // What Grafana puts in for "All" is the variable's own value for it, as it stands.
    "${filter:singlequote}": view.filter?.map(singleQuote).join(",") ?? "'(all)'",
    "${zone:singlequote}": singleQuote(view.zoneOfGrid ?? "dashboard"),
    "${instrument:singlequote}": singleQuote(view.instrument ?? "c1"),
  };
  return sql.replace(/\$\{[^}]*\}|\$\w+/g, (macro) => {
    const value = known[macro];
    if (value === undefined) throw new Error(`Unknown variable or macro ${macro} in: ${sql}`);
    return value;
  });
}

/** Grafana's `singlequote` format. */
function singleQuote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
