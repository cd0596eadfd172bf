import type { ExplainedPart, ReadEstimate, TrendExplanation } from "../../queries/index.ts";
import { printable } from "./table.ts";

/** An explanation for reading: a paragraph for each statement, the statement, and its values. */
export function explanationView({ parts }: TrendExplanation): string {
  return parts.map(partView).join("\n");
}

function partView({ compared, kind, metric, others, over, params, reads, sql, table, why }: ExplainedPart): string {
  const what = `${metric}${over === "bucket" ? "" : `, ${over}`}${compared ? ", of the period compared with" : ""}`;
  const not = others.map((other) => `  not from  ${other.table}: ${other.why}${other.reads ? ` ${readsText(other.reads)}` : ""}`);
  const values = Object.entries(params).map(([name, value]) => `  {${name}} = ${JSON.stringify(value)}`);
  const lines = [
    `${what}: ${kind} (${table})`,
    `  why       ${why}`,
    `  reads     ${readsText(reads)}`,
    ...not,
    "",
    ...indented(sql),
    "",
    ...values,
  ];
  return `${lines.map((line) => printable(line).trimEnd()).join("\n")}\n`;
}

function indented(sql: string): string[] {
  return sql.split("\n").map((line) => `  ${line}`);
}

function readsText(reads: readonly ReadEstimate[]): string {
  if (reads.length === 0) return "Nothing: the index rules out all of it.";
  return `About ${reads.map(({ rows, table }) => `${rows.toLocaleString("en")} rows of ${table}`).join(" and ")}.`;
}
