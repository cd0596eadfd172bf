/** The name that differs least from what was written, if it could be a slip of the keys (at most a third of its letters); for error sentences. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.ceil(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/**
 * The way out for who wrote a name that there is not: the nearest one there is, or else what stands in `otherwise`.
 * @returns the end of an error's sentence
 */
export function adviseName(written: string, names: readonly string[], otherwise: string): string {
  const nearest = nearestName(written, names);
  return nearest === undefined ? otherwise : `did you mean "${nearest}"?`;
}

/** Levenshtein distance: letters to insert, delete or replace to turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
