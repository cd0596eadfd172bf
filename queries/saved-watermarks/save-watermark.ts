import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { checkAsOf, resolveAsOf, type AsOf } from "../as-of.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent } from "../resolve-range.ts";
import { readWatermark } from "../watermark.ts";
import { addEntry } from "./add-entry.ts";
import { watermarkEntries, type SavedWatermark } from "./saved-watermarks.ts";
import { checkWatermarkName } from "./watermark-name.ts";

/** What to save under a name, and how. */
export interface SaveOptions {
  /** The past state to save, in all the ways that a question takes one; default: all that is ingested now. */
  readonly asOf?: AsOf;
  /** Give a name that is taken another meaning. Default false. */
  readonly force?: boolean;
  /** Zone of times in `asOf`; default: the project's. */
  readonly timezone?: string;
}

/**
 * Gives a position of the log a name, which `asOf` takes from then on. Of two that save the same name at the same time, one is refused.
 * @throws QueryError if the name cannot be one, or is taken
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function saveWatermark(
  clickhouse: ClickHouse,
  project: Project,
  name: string,
  { asOf, force = false, timezone = project.timezone }: SaveOptions = {},
): Promise<SavedWatermark> {
  const present = resolvePresent(timezone, undefined);
  checkWatermarkName(name, present);
  checkAsOf(asOf, project, present);
  const entry = (await watermarkEntries(clickhouse)).find((each) => each.name === name);
  if (entry && !entry.removed && !force) throw taken(entry);
  const watermark = asOf === undefined ? await readWatermark(clickhouse) : await resolveAsOf(clickhouse, project, asOf, present);
  if (Object.keys(watermark).length === 0)
    throw new QueryError(`There is nothing to save as ${JSON.stringify(name)}: ClickHouse holds nothing of the log at that position.`);
  const saved = { name, watermark, savedAt: new Date(present.now / 1_000) };
  if (await addEntry(clickhouse, { ...saved, version: (entry?.version ?? 0) + 1, removed: false })) return saved;
  throw new QueryError(`The watermark ${JSON.stringify(name)} was changed by somebody else meanwhile: look at it, and save again.`);
}

function taken({ name, savedAt }: SavedWatermark): QueryError {
  return new QueryError(
    `A watermark is saved as ${JSON.stringify(name)} since ${savedAt.toISOString()}: choose another name, or replace it with "force".`,
  );
}
