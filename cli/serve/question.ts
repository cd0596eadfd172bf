import type { z } from "zod";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import type { FeatureServing } from "../../queries/index.ts";
import type { Answer } from "./answer-formats.ts";

/** What a question is asked of. */
export interface Asked {
  readonly clickhouse: ClickHouse;
  readonly project: Project;
  /** Until when the log is known to be ingested. */
  readonly ingestedUntil: () => Promise<Date | undefined>;
  /** Feature sets that are kept ready, by name. */
  readonly serving?: ReadonlyMap<string, FeatureServing>;
}

/** A question that the API takes. */
export interface Question {
  readonly summary: string;
  readonly schema: z.ZodType;
  /** Whether it comes as CSV and Arrow too. */
  readonly rows: boolean;
  /** @param body what the schema let through */
  readonly ask: (asked: Asked, body: unknown) => Promise<Answer>;
}
