import type { EventDefinition } from "./event.ts";
import { resolveField } from "./field.ts";
import type { Measure } from "./measure.ts";
import type { Metric } from "./metric.ts";
import { NAME_RULE, type Problem } from "./problem.ts";
import type { Project } from "./project.ts";
import { fixedGrainMs, parseGrain } from "./time/grain.ts";

const DAY_MS = 86_400_000;
const KINDS: readonly Measure["kind"][] = ["count", "sum", "avg", "variance", "stddev", "min", "max", "uniq", "quantiles", "first", "last"];
/** Column names that every rollup and every trend answer has of its own. */
const RESERVED = new Set(["bucket", "state", "value", "time", "metric"]);

/** What is wrong with one metric, given the project it stands in. */
export function checkMetric(metric: Metric, project: Project, path: string): Problem[] {
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(metric.name)) problems.push({ path: `${path}.name`, rule: NAME_RULE.text });
  if (!project.events.includes(metric.event)) {
    return [...problems, { path: `${path}.event`, rule: `is not in the project's events: add "${metric.event.type}" to \`events\`` }];
  }
  problems.push(...checkMeasure(metric, `${path}.measure`), ...checkGrain(metric.grain, `${path}.grain`), ...checkCoarser(metric, path));
  for (const [index, dimension] of metric.dimensions.entries()) {
    const rule = dimensionRule(metric, dimension, metric.dimensions.slice(0, index));
    if (rule !== undefined) problems.push({ path: `${path}.dimensions[${index}]`, rule });
  }
  return problems;
}

/** What a dimension breaks, given those before it. */
function dimensionRule({ event }: Metric, dimension: string, earlier: readonly string[]): string | undefined {
  const field = resolveField(event, dimension);
  if ("problem" in field) return field.problem;
  if (RESERVED.has(dimension)) return `"${dimension}" is a column of every answer: write "data.${dimension}"`;
  if (earlier.includes(dimension)) return `repeats the dimension "${dimension}"`;
  const same = earlier.find((other) => placeOf(event, other) === placeOf(event, dimension));
  if (same !== undefined) return `repeats the dimension "${same}" under another name`;
  const column = dimension.replaceAll(".", "__");
  const neighbour = earlier.find((other) => other.replaceAll(".", "__") === column);
  return neighbour && `has the same column as "${neighbour}", which tables call "${column}": leave one of them out`;
}

/** Where a field lives, whatever it is called. */
function placeOf(event: EventDefinition, ref: string): string | undefined {
  const field = resolveField(event, ref);
  return "problem" in field ? undefined : JSON.stringify([field.column, ...field.path]);
}

function checkMeasure({ event, measure }: Metric, path: string): Problem[] {
  if (!KINDS.includes(measure.kind))
    return [{ path, rule: `"${measure.kind}" is no measure: use ${KINDS.slice(0, -1).join(", ")} or last` }];
  if (measure.kind === "count") return [];
  const field = resolveField(event, measure.field);
  if ("problem" in field) return [{ path: `${path}.field`, rule: field.problem }];
  const numeric = field.type === "number" || field.type === "integer";
  if (needsNumber(measure) && !numeric) {
    return [{ path: `${path}.field`, rule: `"${measure.field}" is a ${field.type}: ${measure.kind} needs a number` }];
  }
  return checkMeasureOptions(measure, path);
}

function needsNumber({ kind }: Measure): boolean {
  return ["sum", "avg", "variance", "stddev", "min", "max", "quantiles"].includes(kind);
}

function checkMeasureOptions(measure: Measure, path: string): Problem[] {
  const problems: Problem[] = [];
  if ("decimals" in measure && !(Number.isInteger(measure.decimals) && measure.decimals >= 0 && measure.decimals <= 12)) {
    problems.push({ path: `${path}.decimals`, rule: "must be a whole number from 0 to 12" });
  }
  if (measure.kind === "quantiles") {
    const ascending = measure.levels.every((level, index) => level > (measure.levels[index - 1] ?? 0) && level < 1);
    if (measure.levels.length === 0 || !ascending)
      problems.push({ path: `${path}.levels`, rule: "must be numbers between 0 and 1, ascending" });
    else if (measure.levels.some((level) => Number(level.toFixed(8)) !== level))
      problems.push({ path: `${path}.levels`, rule: "must have 8 decimal places at most: they become column names such as p99_9" });
    if (!(measure.accuracy > 0 && measure.accuracy <= 0.1))
      problems.push({ path: `${path}.accuracy`, rule: "must be above 0 and at most 0.1" });
  }
  return problems;
}

/** Rows of a coarser rollup begin where rows of the finer one do, so that one goes on where the other ends. */
function checkCoarser({ coarser = [], grain }: Metric, path: string): Problem[] {
  return coarser.flatMap((text, index) => {
    const place = `${path}.coarser[${index}]`;
    const problems = checkGrain(text, place);
    const finer = coarser[index - 1] ?? grain;
    const [ms, finerMs] = [text, finer].map(grainMs);
    if (problems.length > 0 || ms === undefined || finerMs === undefined || (ms > finerMs && ms % finerMs === 0)) return problems;
    return [{ path: place, rule: `"${text}" must be a multiple of "${finer}", and longer` }];
  });
}

function grainMs(text: string): number | undefined {
  const grain = parseGrain(text);
  return grain && fixedGrainMs(grain);
}

function checkGrain(text: string, path: string): Problem[] {
  const ms = grainMs(text);
  if (ms !== undefined && DAY_MS % ms === 0) return [];
  return [{ path, rule: `"${text}" must be a length of time that divides a day, such as "1 minute" or "1 hour"` }];
}
