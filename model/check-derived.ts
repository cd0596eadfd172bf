import { partsOf, type DerivedMetric } from "./derived-metric.ts";
import { NAME_RULE, type Problem } from "./problem.ts";
import type { Project } from "./project.ts";

/** Measures whose answer is one number. */
const NUMBERS = ["count", "sum", "avg", "variance", "stddev", "min", "max", "uniq"];

/** What is wrong with one ratio or formula, given the project it stands in. */
export function checkDerived(metric: DerivedMetric, project: Project, path: string): Problem[] {
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(metric.name)) problems.push({ path: `${path}.name`, rule: NAME_RULE.text });
  if (project.metrics.some(({ name }) => name === metric.name)) {
    problems.push({ path: `${path}.name`, rule: `repeats the metric "${metric.name}"` });
  }
  if (metric.kind === "ratio" && !(Number.isFinite(metric.scale) && metric.scale !== 0)) {
    problems.push({ path: `${path}.scale`, rule: "must be a number other than 0" });
  }
  const parts = Object.entries(partsOf(metric));
  if (parts.length === 0) problems.push({ path: `${path}.parts`, rule: "must name at least one metric" });
  for (const [name, part] of parts) {
    const place = metric.kind === "ratio" ? `${path}.${name}` : `${path}.parts.${name}`;
    if (!project.metrics.includes(part)) problems.push({ path: place, rule: "is not in the project's metrics: add it to `metrics`" });
    else if (!NUMBERS.includes(part.measure.kind)) {
      problems.push({ path: place, rule: `measures ${part.measure.kind}; a part can be ${NUMBERS.join(", ")}` });
    }
  }
  return problems;
}
