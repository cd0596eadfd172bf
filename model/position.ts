/** How far each stream of a project is known: stream name -> the last sequence that counts, within one epoch of the stream. */
export type Watermark = Readonly<Record<string, StreamPosition>>;

/** A place in one incarnation of a stream. */
export interface StreamPosition {
  /** The stream's created time, in microseconds since 1970: sequences start at 1 again when a stream is recreated. */
  readonly epoch: number;
  /** JetStream sequence; 0 = nothing yet. */
  readonly seq: number;
}
