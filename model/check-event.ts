import type { z } from "zod";
import type { EventDefinition } from "./event.ts";
import { leavesOf } from "./field.ts";
import type { Enricher } from "./enrich.ts";
import { duplicates, NAME_RULE, type Problem } from "./problem.ts";

/** What is wrong with one event type. */
export function checkEvent(event: EventDefinition, path: string): Problem[] {
  const problems: Problem[] = [];
  if (typeof event.type !== "string" || !/^[\x21-\x7e]{1,200}$/.test(event.type)) {
    problems.push({ path: `${path}.type`, rule: "must be 1 to 200 printable ASCII characters without spaces" });
  }
  problems.push(...checkFields(event.data, `${path}.data`), ...checkEnrichers(event.enrichers, `${path}.enrichers`));
  if (event.newerVersions !== "accept" && event.newerVersions !== "dead-letter") {
    problems.push({ path: `${path}.newerVersions`, rule: 'must be "accept" or "dead-letter"' });
  }
  if (!Number.isSafeInteger(event.version) || event.version < 1 || event.version > 65_535) {
    return [...problems, { path: `${path}.version`, rule: "must be a whole number from 1 to 65535" }];
  }
  return [...problems, ...checkUpcasts(event, path)];
}

/** Fields that no JSON value fits: every event would become a dead letter. */
function checkFields(schema: z.core.$ZodType, path: string): Problem[] {
  return leavesOf(schema).flatMap((leaf) => {
    const rule = unfitForJson(leaf.schema);
    return rule === undefined ? [] : [{ path: [path, ...leaf.path].join("."), rule }];
  });
}

function checkEnrichers(enrichers: readonly Enricher[], path: string): Problem[] {
  const problems = duplicates(
    enrichers.map(({ name }) => name),
    (index) => `${path}[${index}].name`,
    "enricher",
  );
  for (const [index, each] of enrichers.entries()) {
    const own = `${path}[${index}]`;
    if (!NAME_RULE.pattern.test(each.name)) problems.push({ path: `${own}.name`, rule: NAME_RULE.text });
    if (each.kind === "lookup" && !NAME_RULE.pattern.test(each.table.name))
      problems.push({ path: `${own}.table.name`, rule: NAME_RULE.text });
    problems.push(...checkFields(each.fields, `${own}.fields`));
  }
  return problems;
}

function unfitForJson(schema: z.core.$ZodType): string | undefined {
  const { def } = schema._zod;
  if ("coerce" in def && def.coerce === true) return undefined;
  if (def.type === "bigint")
    return "is a bigint, which JSON cannot hold: write z.int() for whole numbers, z.coerce.bigint() for those beyond 2^53";
  return def.type === "date" ? "is a date, which JSON cannot hold: write z.iso.datetime()" : undefined;
}

function checkUpcasts({ upcast, version: newest }: EventDefinition, path: string): Problem[] {
  const problems: Problem[] = [];
  for (let version = 1; version < newest; version += 1) {
    if (!upcast[version]) problems.push({ path: `${path}.upcast`, rule: `lacks the step from version ${version} to ${version + 1}` });
  }
  for (const version of Object.keys(upcast)) {
    if (!(Number(version) >= 1 && Number(version) < newest)) {
      problems.push({ path: `${path}.upcast[${version}]`, rule: `is no step below version ${newest}` });
    }
  }
  return problems;
}
