/** The rows of a lookup table in memory, as of its newest revision. A row is kept as JSON text: it is written on as it is, and takes a fourth of the memory of an object. */
export class LookupRows {
  readonly #rows = new Map<string, string>();
  #revision = 0;

  /** Number of the last change taken in; 0 before the first. Changes are numbered within the table, by JetStream. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The row of a key as JSON, or undefined if there is none. */
  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  /** Takes in a change. @param row the key's row as JSON; undefined: it has none any more */
  apply(key: string, row: string | undefined, revision: number): void {
    if (row === undefined) this.#rows.delete(key);
    else this.#rows.set(key, row);
    this.#revision = Math.max(this.#revision, revision);
  }
}
