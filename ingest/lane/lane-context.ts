import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import type { DecodeMessage } from "../decode/decode-message.ts";
import type { Clock } from "./clock.ts";
import type { Share } from "./share.ts";

/** A part of a stream, both ends included; `last` may lie beyond its end. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** What every lane of a worker shares. */
export interface LaneContext {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly clock: Clock;
  readonly decode: DecodeMessage;
  /** Which lanes this worker holds, and whether it may hold another. */
  readonly share: Pick<Share, "take" | "giveBack">;
  /** Fingerprint of the config that makes the rows. */
  readonly code: string;
  /** Name of the worker. */
  readonly worker: string;
  /** Tells the worker to stop: it drains, then ends. */
  readonly signal: AbortSignal;
  /** End once everything that the stream held at the start is committed. */
  readonly until: "caught-up" | undefined;
  /** What a replay reads of each stream; a stream that is not named is read whole. */
  readonly ranges: ReadonlyMap<string, SequenceRange>;
  /** Waits until the next messages may go in, if there is a limit of messages a second. */
  readonly pace: ((messages: number) => Promise<void>) | undefined;
}
