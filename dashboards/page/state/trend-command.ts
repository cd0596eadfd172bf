import type { TrendQuestion } from "./trend-question.ts";

/** The command that answers a question in a terminal. */
export function trendCommand(question: TrendQuestion): string {
  const { compare, fill, filter = {}, grain, groupBy = [], metric, timezone, top, transform, window } = question;
  const conditions = Object.entries(filter).flatMap(([field, condition]) => {
    const [sign, values] = "not" in condition ? ["!=", condition.not] : ["=", condition];
    return values.flatMap((value) => ["--where", `${field}${sign}${String(value)}`]);
  });
  const flags = [
    ...timeFlags(question),
    "--grain",
    grain,
    "--zone",
    timezone,
    ...groupBy.flatMap((dimension) => ["--by", dimension]),
    ...(top === undefined ? [] : ["--top", String(top)]),
    ...conditions,
    ...(window ? windowFlags(window) : []),
    ...(transform === undefined ? [] : [`--${transform}`]),
    ...(compare === undefined ? [] : ["--compare", compare]),
    ...(fill === undefined ? [] : ["--fill", fill]),
  ];
  return ["hydrograph", "trend", metric, ...flags].map(quoted).join(" ");
}

function timeFlags(question: TrendQuestion): readonly string[] {
  if ("range" in question) return [/^\d/.test(question.range) ? "--last" : "--during", question.range];
  return ["--from", question.from, ...(question.to === undefined ? [] : ["--to", question.to])];
}

function windowFlags(window: NonNullable<TrendQuestion["window"]>): readonly string[] {
  if (window.kind === "cumulative") return ["--cumulative"];
  return [window.kind === "average" ? "--moving-average" : "--rolling", String(window.buckets)];
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
