import { isDerived, partsOf, type EventDefinition, type Project } from "../../model/index.ts";

/** The events behind metrics; unknown ones have none, and the query says so. */
export function eventsOfMetrics({ derived, metrics }: Project, names: readonly string[]): EventDefinition[] {
  const asked = [...metrics, ...derived].filter(({ name }) => names.includes(name));
  return asked.flatMap((metric) => (isDerived(metric) ? Object.values(partsOf(metric)).map(({ event }) => event) : [metric.event]));
}
