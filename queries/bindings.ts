/** The values of a statement: each is given a name of its own, and SQL holds nothing but the names. */
export class Bindings {
  readonly #params: Record<string, unknown> = {};
  readonly #names = new Map<unknown, Map<string, string>>();
  readonly #prefix: string;

  /** @param prefix begins the names, where a statement has others of its own too */
  constructor(prefix = "v") {
    this.#prefix = prefix;
  }

  /** Binds a value; the same one again has the name that it has. @returns what stands for it in SQL, e.g. `{v3:Int64}` */
  bind(type: string, value: unknown): string {
    const names = this.#names.get(value) ?? new Map<string, string>();
    this.#names.set(value, names);
    const known = names.get(type);
    if (known !== undefined) return known;
    const name = `${this.#prefix}${Object.keys(this.#params).length}`;
    this.#params[name] = value;
    const sql = `{${name}:${type}}`;
    names.set(type, sql);
    return sql;
  }

  /** Binds a moment, in microseconds since 1970. @returns an SQL expression of the type of the column `time` */
  moment(micros: number): string {
    return `fromUnixTimestamp64Micro(${this.bind("Int64", micros)}, 'UTC')`;
  }

  get params(): Readonly<Record<string, unknown>> {
    return this.#params;
  }
}
