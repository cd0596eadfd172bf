/** A rebuild that cannot go on as things are. The message is one sentence: what is in the way, and what to do. No trend reads what it left half done. */
export class RebuildError extends Error {
  override readonly name = "RebuildError";
}
