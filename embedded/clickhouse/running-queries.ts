import { EngineError } from "./engine-error.ts";

/** At most this many statements at a time (ClickHouse's max_concurrent_queries): each holds a thread of Node's pool of 128. */
export const maxRunning = 100;

/** The statements that run now, by the client's `query_id`. */
export class RunningQueries {
  readonly #tags = new Map<string, string>();

  /**
   * Registers a statement for as long as `work` takes. `tag` is a text within the statement by which the engine's list of processes tells it apart.
   *
   * @throws EngineError 216 if the query id is in use, 202 if too many statements run
   */
  async track<T>(queryId: string, tag: string, work: () => Promise<T>): Promise<T> {
    if (this.#tags.has(queryId))
      throw new EngineError(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", `Query with id = ${queryId} is already running`);
    if (this.#tags.size >= maxRunning)
      throw new EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", `Too many simultaneous queries. Maximum: ${maxRunning}`);
    this.#tags.set(queryId, tag);
    try {
      return await work();
    } finally {
      this.#tags.delete(queryId);
    }
  }

  /** The tag of a running statement. */
  tag(queryId: string): string | undefined {
    return this.#tags.get(queryId);
  }

  get size(): number {
    return this.#tags.size;
  }
}
