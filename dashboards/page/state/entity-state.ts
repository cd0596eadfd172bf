/** What is known of an entity after some of its events: the last value of each field, and which event gave it. */
export interface KnownField {
  readonly path: string;
  readonly value: string;
  /** Place of the event that gave it, in the list. */
  readonly from: number;
}

/**
 * The fields of an entity as its events left them: each has the value of the last event that has the field.
 * @param events JSON texts, oldest first
 */
export function entityState(events: readonly string[]): readonly KnownField[] {
  const known = new Map<string, KnownField>();
  for (const [from, text] of events.entries())
    for (const [path, value] of leaves(JSON.parse(text) as unknown, "")) known.set(path, { path, value: JSON.stringify(value), from });
  return [...known.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Objects are their members; lists are values. */
function leaves(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return path === "" ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, path === "" ? key : `${path}.${key}`));
}
