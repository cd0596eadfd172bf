import type { LaneIdentity } from "../batch/rows.ts";

/** Something wrong with a range of a lane's sequences. */
export interface Finding {
  readonly first: number;
  readonly last: number;
  /** What, as a sentence that begins in lower case or with a number. */
  readonly what: string;
}

/** A finding as reports give it. */
export interface LedgerProblem {
  readonly stream: string;
  /** Incarnation of the stream, microseconds since 1970. */
  readonly epoch: number;
  /** The sequences, both ends included. */
  readonly first: number;
  readonly last: number;
  /** The whole sentence. */
  readonly problem: string;
}

const MOST_PROBLEMS = 10;

/** Gathers what is wrong with a lane: the first ten sentences, and the one that comes first in the log. */
export class Findings {
  readonly #lane: LaneIdentity;
  readonly #kept: LedgerProblem[] = [];
  #first: LedgerProblem | undefined;

  constructor(lane: LaneIdentity) {
    this.#lane = lane;
  }

  /** The finding with the lowest sequence. */
  get first(): LedgerProblem | undefined {
    return this.#first;
  }

  /** The first ten found. */
  get sentences(): readonly string[] {
    return this.#kept.map(({ problem }) => problem);
  }

  readonly add = ({ first, last, what }: Finding): void => {
    const { epoch, stream } = this.#lane;
    const range = first === last ? `sequence ${first}` : `sequences ${first}–${last}`;
    const problem = { stream, epoch, first, last, problem: `stream ${stream} epoch ${epoch} ${range}: ${what}` };
    if (this.#kept.length < MOST_PROBLEMS) this.#kept.push(problem);
    if (!this.#first || first < this.#first.first) this.#first = problem;
  };
}
