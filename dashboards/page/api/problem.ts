/** Why there is no answer, as a sentence for people. */
export class Problem extends Error {
  override readonly name = "Problem";
  /** Status of HTTP; 0 = the server did not answer. */
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** What went wrong, whatever it was. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, error instanceof TypeError ? "hydrograph does not answer: is it still running?" : String(error));
}
