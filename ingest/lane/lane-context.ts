import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import type { DecodeMessage } from "../decode/decode-message.ts";
import type { Clock } from "./clock.ts";
import type { Share } from "./share.ts";

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
}
