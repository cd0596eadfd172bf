import type { Manifest } from "./manifest.ts";

/** How the definition of one feature set differs from another: a sentence for each feature, and for the set as a whole. */
export function definitionChanges(before: Manifest["features"], after: Manifest["features"]): readonly string[] {
  if (before.sha256 === after.sha256) return [];
  const changes: string[] = [];
  if (before.name !== after.name) changes.push(`the set is "${after.name}" instead of "${before.name}"`);
  for (const member of Object.keys(after) as (keyof Manifest["features"])[]) {
    if (member === "name" || member === "sha256" || member === "features") continue;
    const [was, is] = [JSON.stringify(before[member]), JSON.stringify(after[member])];
    if (was !== is) changes.push(`${member} is ${is} instead of ${was}`);
  }
  const known = new Map(before.features.map((feature) => [feature.name, feature]));
  for (const feature of after.features) {
    const former = known.get(feature.name);
    known.delete(feature.name);
    changes.push(...(former ? memberChanges(former, feature) : [`feature ${feature.name} is new`]));
  }
  changes.push(...[...known.keys()].map((name) => `feature ${name} is gone`));
  if (changes.length === 0 && orderOf(before) !== orderOf(after)) changes.push("the features stand in another order");
  return changes;
}

type Feature = Manifest["features"]["features"][number];

function memberChanges(before: Feature, after: Feature): string[] {
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Feature)[];
  return members.flatMap((member) => {
    const [was, is] = [JSON.stringify(before[member]), JSON.stringify(after[member])];
    return was === is ? [] : [`${member} of feature ${after.name} is ${is ?? "not set"} instead of ${was ?? "not set"}`];
  });
}

function orderOf({ features }: Manifest["features"]): string {
  return features.map(({ name }) => name).join();
}
