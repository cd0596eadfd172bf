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
