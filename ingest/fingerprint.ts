import { createHash } from "node:crypto";
import { z } from "zod";
import { durationMs, type Project } from "../model/index.ts";

/** Short hash of everything in a project that decides what a message becomes: it tells rows made by other code apart. */
export function fingerprint(project: Project): string {
  const events = project.events.map((event) => ({
    type: event.type,
    version: event.version,
    newerVersions: event.newerVersions,
    data: z.toJSONSchema(event.data, { unrepresentable: "any", io: "input" }),
    upcast: Object.entries(event.upcast).map(([version, step]) => [version, step.toString()]),
    enrich: event.enrichers.map((each) => [
      each.name,
      z.toJSONSchema(each.fields, { unrepresentable: "any", io: "input" }),
      each.kind === "derive" ? each.value.toString() : [each.table.name, each.key.toString()],
    ]),
  }));
  const { maxDepth, maxPayload } = project.limits;
  const { deduplicate } = project;
  return createHash("sha256")
    .update(JSON.stringify([events, project.unknownEvents, maxDepth, maxPayload, ...(deduplicate ? [durationMs(deduplicate.within)] : [])]))
    .digest("hex")
    .slice(0, 12);
}
