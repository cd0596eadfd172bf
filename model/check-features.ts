import { resolveField } from "./field.ts";
import type { FeatureSet } from "./features.ts";
import { NAME_RULE, type Problem } from "./problem.ts";
import type { Project } from "./project.ts";
import { parseDuration } from "./time/duration.ts";

/** Measures that a window over raw events can be asked for today. */
const SUPPORTED = ["count", "sum", "avg", "min", "max", "first", "last", "uniq"];
/** Columns of every training set. */
const RESERVED = new Set(["entity", "time"]);

/** What is wrong with one feature set, given the project it stands in. */
export function checkFeatureSet(set: FeatureSet, project: Project, path: string): Problem[] {
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(set.name)) problems.push({ path: `${path}.name`, rule: NAME_RULE.text });
  if (Object.keys(set.features).length === 0) problems.push({ path: `${path}.features`, rule: "must name at least one feature" });
  for (const name of Object.keys(set.features)) {
    problems.push(...checkFeature(set, name, project, `${path}.features.${name}`));
  }
  return problems;
}

function checkFeature(set: FeatureSet, name: string, project: Project, path: string): Problem[] {
  const feature = set.features[name];
  if (!feature) return [];
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(name)) problems.push({ path, rule: NAME_RULE.text });
  if (RESERVED.has(name)) problems.push({ path, rule: `"${name}" is a column of every training set: choose another name` });
  const window = parseDuration(feature.window);
  if (window === undefined || window === 0)
    problems.push({ path: `${path}.window`, rule: 'must be a duration above zero such as "1h" or "30d"' });
  if (feature.delay !== undefined && parseDuration(feature.delay) === undefined) {
    problems.push({ path: `${path}.delay`, rule: 'must be a duration such as "5m"' });
  }
  if (!project.metrics.includes(feature.metric)) {
    return [...problems, { path: `${path}.metric`, rule: "is not in the project's metrics: add it to `metrics`" }];
  }
  const { kind } = feature.metric.measure;
  if (!SUPPORTED.includes(kind))
    problems.push({ path: `${path}.metric`, rule: `measures ${kind}; a feature can be ${SUPPORTED.join(", ")}` });
  const entity = resolveField(feature.metric.event, set.entity);
  if ("problem" in entity) problems.push({ path: `${path}.metric`, rule: `has no entity: ${entity.problem}` });
  return problems;
}
