import type { ClickHouse } from "../../clickhouse/index.ts";
import { areBatchesSettled, type Workers } from "./batches-under-way.ts";
import { opensIngest, type MigrationPlan, type MigrationStep } from "./migration-plan.ts";

/** How a plan is run. */
export interface ApplyOptions {
  /** Where workers declare their batches. Without it nobody can tell whether one is on its way, and no rollup is called complete once anything is ingested. */
  readonly workers?: Workers;
  /** Is told of each step before it runs. */
  readonly onStep?: (step: MigrationStep) => void;
}

/**
 * Runs the steps of a plan in order. Stopped at any point, a new plan goes on where it stopped. A batch that was on its way when the views were made has passed them by:
 * whether rollups hold the whole history is therefore settled only after such batches are in. If they are not in time, that is left to the next plan.
 * @throws ClickHouseFailure from the first step that fails, with the step's object in its sentence
 */
export async function applyPlan(plan: MigrationPlan, clickhouse: ClickHouse, { workers, onStep }: ApplyOptions = {}): Promise<void> {
  const system = clickhouse.inDatabase("system");
  const run = async (step: MigrationStep): Promise<void> => {
    onStep?.(step);
    const connection = step.kind === "database" ? system : clickhouse;
    await connection.command({ name: `Migrate ${step.kind} ${step.object}`, sql: step.sql });
  };
  try {
    // Without a ledger nothing is ingested and nothing under way.
    if (plan.steps.some(opensIngest)) {
      for (const step of plan.steps) await run(step);
      return;
    }
    for (const step of plan.steps) if (!isVerdict(step)) await run(step);
    const verdicts = plan.steps.filter(isVerdict);
    const settled = verdicts.length === 0 || (workers ? await areBatchesSettled(clickhouse, workers) : await isNothingIngested(clickhouse));
    if (settled) for (const step of verdicts) await run(step);
  } finally {
    await system.close();
  }
}

function isVerdict({ kind }: MigrationStep): boolean {
  return kind === "verdict";
}

async function isNothingIngested(clickhouse: ClickHouse): Promise<boolean> {
  const rows = await clickhouse.rows({ name: "Look whether anything is ingested", sql: "SELECT 1 FROM ingest_ledger LIMIT 1" });
  return rows.length === 0;
}
