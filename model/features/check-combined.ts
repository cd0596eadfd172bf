import type { Problem } from "../problem.ts";
import { describeColumns } from "./describe-features.ts";
import type { CombinedFeature, NamedFeature } from "./expand-features.ts";

/** What is wrong with what features of a set say of one another: a part that there is not, a part that is text, or a circle. */
export function checkCombined(features: readonly NamedFeature[], path: string): Problem[] {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const combined = features.filter((feature) => isCombined(feature));
  const unknown = combined.flatMap((feature) =>
    [feature.left, feature.right]
      .filter((part) => !byName.has(part))
      .map((part) => ({
        path: `${path}.${feature.name}`,
        rule: `needs the feature "${part}", which there is not (there are: ${[...byName.keys()].join(", ")})`,
      })),
  );
  if (unknown.length > 0) return unknown;
  const circles = combined.flatMap((feature) => {
    const circle = circleFrom(feature, byName);
    return circle ? [{ path: `${path}.${feature.name}`, rule: `is worked out from itself: ${circle.join(" -> ")}` }] : [];
  });
  return circles.length > 0 ? circles : texts(combined, features, path);
}

function isCombined(feature: NamedFeature): feature is CombinedFeature {
  return feature.kind === "ratio" || feature.kind === "difference";
}

/** The way from a feature over its parts back to itself, if there is one. */
function circleFrom(start: CombinedFeature, byName: ReadonlyMap<string, NamedFeature>): readonly string[] | undefined {
  const seen = new Set<string>();
  const walk = (feature: NamedFeature | undefined, way: readonly string[]): readonly string[] | undefined => {
    if (feature === undefined || !isCombined(feature) || seen.has(feature.name)) return undefined;
    seen.add(feature.name);
    for (const part of [feature.left, feature.right]) {
      const found = part === start.name ? [...way, part] : walk(byName.get(part), [...way, part]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, [start.name]);
}

function texts(combined: readonly CombinedFeature[], features: readonly NamedFeature[], path: string): Problem[] {
  const text = new Set(describeColumns(features).flatMap(({ name, type }) => (type === "text" ? [name] : [])));
  return combined.flatMap(({ kind, left, name, right }) =>
    [left, right]
      .filter((part) => text.has(part))
      .map((part) => ({ path: `${path}.${name}`, rule: `needs numbers for a ${kind}, and "${part}" is text` })),
  );
}
