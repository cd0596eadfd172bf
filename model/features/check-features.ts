import type { EventDefinition } from "../event.ts";
import { resolveField } from "../field.ts";
import { NAME_RULE, type Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import { checkCombined } from "./check-combined.ts";
import { checkFeature } from "./check-feature.ts";
import { entityColumns } from "./entity-columns.ts";
import { expandFeature, type NamedFeature } from "./expand-features.ts";
import type { FeatureSet } from "./feature-set.ts";

/** What is wrong with one feature set, given the project it stands in. Paths name the set and the feature: "features.buyer.orders_1h.window". */
export function checkFeatureSet(set: FeatureSet, project: Project, place: string): Problem[] {
  const path = typeof set.name === "string" ? `features.${set.name}` : place;
  const problems: Problem[] = [];
  if (!NAME_RULE.pattern.test(set.name)) problems.push({ path: `${place}.name`, rule: NAME_RULE.text });
  if (Object.keys(set.features).length === 0) problems.push({ path, rule: "must name at least one feature" });
  problems.push(...checkEntity(set, path));
  const sound: NamedFeature[] = [];
  for (const [name, feature] of Object.entries(set.features)) {
    const found = checkFeature(feature, project, `${path}.${name}`);
    problems.push(...found);
    if (found.length === 0) sound.push(...expandFeature(name, feature));
  }
  problems.push(...checkNames(sound, set, path), ...checkEvents(sound, set, path));
  // What a broken declaration would have made is not known, so nothing can be said of who refers to it.
  return problems.length > 0 ? problems : checkCombined(sound, path);
}

function checkEntity(set: FeatureSet, path: string): Problem[] {
  const columns = entityColumns(set);
  if (columns.length === 0) return [{ path: `${path}.entity`, rule: "must name at least one field" }];
  return columns.flatMap(({ name }) => {
    if (!NAME_RULE.pattern.test(name)) return [{ path: `${path}.entity.${name}`, rule: NAME_RULE.text }];
    return name === "time" ? [{ path: `${path}.entity.time`, rule: '"time" is the column of T: choose another name' }] : [];
  });
}

/** Every feature is a column of its own, and none of the label rows'. */
function checkNames(features: readonly NamedFeature[], set: FeatureSet, path: string): Problem[] {
  const reserved = new Set(["time", ...entityColumns(set).map(({ name }) => name)]);
  const seen = new Map<string, string>();
  return features.flatMap(({ declaredAs, name }) => {
    const place = `${path}.${declaredAs}`;
    const earlier = seen.get(name);
    seen.set(name, earlier ?? declaredAs);
    const makes = name === declaredAs ? "" : `makes the feature "${name}", which `;
    if (!NAME_RULE.pattern.test(name)) return [{ path: place, rule: `${makes}${NAME_RULE.text}` }];
    if (reserved.has(name)) return [{ path: place, rule: `"${name}" is a column of every training set: choose another name` }];
    if (earlier === undefined) return [];
    return [{ path: place, rule: `makes the feature "${name}", which "${earlier}" makes already` }];
  });
}

/** Each event that is counted says whom it is about. */
function checkEvents(features: readonly NamedFeature[], set: FeatureSet, path: string): Problem[] {
  const checked = new Set<EventDefinition>();
  return features.flatMap((feature) => {
    if (feature.kind !== "window" || checked.has(feature.event)) return [];
    checked.add(feature.event);
    return entityColumns(set).flatMap(({ field: ref }) => {
      const field = resolveField(feature.event, ref);
      return "problem" in field ? [{ path: `${path}.${feature.declaredAs}`, rule: `has no entity: ${field.problem}` }] : [];
    });
  });
}
