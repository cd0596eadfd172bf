import { WrittenBindings } from "./written-bindings.ts";

/** A range that is known when the query runs: SQL of its ends, DateTime64; `to` itself is outside. */
export interface PanelRange {
  readonly from: string;
  readonly to: string;
}

/** Stands for the end of the range among microseconds: so far from 0, the beginning, that whatever length of time is added it is plain to which end, and no digit is lost. */
const END = 2 ** 52;
/** The range as numbers, for code that adds to its ends. */
export const RANGE = { from: 0, to: END } as const;

/** Values written out, and moments that are told from the ends of the range: {@link RANGE} and what is added to it. */
export class RangeBindings extends WrittenBindings {
  readonly #range: PanelRange;

  constructor(range: PanelRange) {
    super();
    this.#range = range;
  }

  override moment(micros: number): string {
    const isEnd = micros >= END;
    const end = isEnd ? this.#range.to : this.#range.from;
    return `fromUnixTimestamp64Micro(toUnixTimestamp64Milli(toDateTime64(${end}, 3)) * 1000 + ${isEnd ? micros - END : micros}, 'UTC')`;
  }
}
