import type { Project } from "./project.ts";

/** The most copies that any stream of a project has in a NATS cluster: its checkpoints and lookup tables have as many, so that they survive whatever the log survives. 1 without streams. */
export function widestReplicas({ streams }: Pick<Project, "streams">): number {
  return Math.max(1, ...streams.map(({ replicas = 1 }) => replicas));
}
