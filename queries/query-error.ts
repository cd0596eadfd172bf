/** A question that cannot be answered as put. The message is one sentence: what is wrong, and what would be right. Nothing was changed. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}
