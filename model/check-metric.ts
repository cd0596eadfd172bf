import { resolveField } from "./field.ts";
import type { Measure } from "./measure.ts";
import type { Metric } from "./metric.ts";
import { duplicates, NAME_RULE, type Problem } from "./problem.ts";
import type { Project } from "./project.ts";
import { fixedGrainMs, parseGrain } from "./time/grain.ts";

const DAY_MS = 86_400_000;
/** Column names that every rollup and every trend answer has of its own. */
const RESERVED = ["bucket", "state", "value", "time", "metric"];

/** What is wrong with one metric, given the project it stands in. */
export function checkMetric(metric: Metric, project: Project, path: string): Problem[] {
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(metric.name)) problems.push({ path: `${path}.name`, rule: NAME_RULE.text });
  if (!project.events.includes(metric.event)) {
    return [...problems, { path: `${path}.event`, rule: `is not in the project's events: add "${metric.event.type}" to \`events\`` }];
  }
  problems.push(...checkMeasure(metric, `${path}.measure`), ...checkGrain(metric.grain, `${path}.grain`));
  problems.push(...duplicates(metric.dimensions, (index) => `${path}.dimensions[${index}]`, "dimension"));
  for (const [index, dimension] of metric.dimensions.entries()) {
    const field = resolveField(metric.event, dimension);
    if ("problem" in field) problems.push({ path: `${path}.dimensions[${index}]`, rule: field.problem });
    if (RESERVED.includes(dimension)) {
      problems.push({
        path: `${path}.dimensions[${index}]`,
        rule: `"${dimension}" is a column of every answer: write "data.${dimension}"`,
      });
    }
  }
  return problems;
}

function checkMeasure({ event, measure }: Metric, path: string): Problem[] {
  if (measure.kind === "count") return [];
  const field = resolveField(event, measure.field);
  if ("problem" in field) return [{ path: `${path}.field`, rule: field.problem }];
  const numeric = field.type === "number" || field.type === "integer";
  if (["sum", "avg", "min", "max", "quantiles"].includes(measure.kind) && !numeric) {
    return [{ path: `${path}.field`, rule: `"${measure.field}" is a ${field.type}: ${measure.kind} needs a number` }];
  }
  return checkMeasureOptions(measure, path);
}

function checkMeasureOptions(measure: Measure, path: string): Problem[] {
  const problems: Problem[] = [];
  if ("decimals" in measure && !(Number.isInteger(measure.decimals) && Number(measure.decimals) >= 0 && Number(measure.decimals) <= 12)) {
    problems.push({ path: `${path}.decimals`, rule: "must be a whole number from 0 to 12" });
  }
  if (measure.kind === "quantiles") {
    const ascending = measure.levels.every((level, index) => level > (measure.levels[index - 1] ?? 0) && level < 1);
    if (measure.levels.length === 0 || !ascending)
      problems.push({ path: `${path}.levels`, rule: "must be numbers between 0 and 1, ascending" });
    if (!(measure.accuracy > 0 && measure.accuracy <= 0.1))
      problems.push({ path: `${path}.accuracy`, rule: "must be above 0 and at most 0.1" });
  }
  return problems;
}

function checkGrain(text: string, path: string): Problem[] {
  const grain = parseGrain(text);
  const ms = grain && fixedGrainMs(grain);
  if (ms !== undefined && DAY_MS % ms === 0) return [];
  return [{ path, rule: `"${text}" must be a length of time that divides a day, such as "1 minute" or "1 hour"` }];
}
