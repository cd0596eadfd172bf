import type { Engine } from "./engine.ts";
import type { OutputPipes } from "./output-pipes.ts";
import type { ReadOnlyGuard } from "./read-only-guard.ts";
import type { RunningQueries } from "./running-queries.ts";
import type { Spool } from "./spool.ts";

/** Everything that outlives a request and that running a statement needs. */
export interface Workshop {
  readonly engine: Engine;
  readonly pipes: OutputPipes;
  readonly spool: Spool;
  readonly guard: ReadOnlyGuard;
  readonly running: RunningQueries;
}
