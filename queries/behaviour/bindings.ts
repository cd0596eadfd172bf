/** The values of a statement: each is given a name of its own, and SQL holds nothing but the names. */
export class Bindings {
  readonly #params: Record<string, unknown> = {};
  #next = 0;

  /** Binds a value. @returns what stands for it in SQL, e.g. `{v3:Int64}` */
  bind(type: string, value: unknown): string {
    const name = `v${this.#next}`;
    this.#next += 1;
    this.#params[name] = value;
    return `{${name}:${type}}`;
  }

  /** Binds a moment, in microseconds since 1970. @returns an SQL expression of the type of the column `time` */
  moment(micros: number): string {
    return `fromUnixTimestamp64Micro(${this.bind("Int64", micros)}, 'UTC')`;
  }

  /** Takes over values that are bound already, under names that are not of the form `v0`. */
  adopt({ sql, params }: { readonly sql: string; readonly params: Readonly<Record<string, unknown>> }): string {
    Object.assign(this.#params, params);
    return sql;
  }

  get params(): Readonly<Record<string, unknown>> {
    return this.#params;
  }
}
