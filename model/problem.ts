/** One thing wrong with a project's declaration. */
export interface Problem {
  /** Where, e.g. "metrics[2].dimensions[0]". */
  readonly path: string;
  /** What would be right, as the rest of a sentence that starts with the path. */
  readonly rule: string;
}

/** Names become ClickHouse identifiers, columns and file names: plain lower case keeps them the same everywhere. */
export const NAME_RULE = {
  pattern: /^[a-z][a-z0-9_]{0,62}$/,
  text: 'must start with a lower-case letter and have only lower-case letters, digits and "_" (63 at most)',
} as const;

/** A problem for every name that an earlier item has too. */
export function duplicates(names: readonly string[], pathOf: (index: number) => string, what: string): Problem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ path: pathOf(index), rule: `repeats the ${what} "${name}"` }] : [],
  );
}
