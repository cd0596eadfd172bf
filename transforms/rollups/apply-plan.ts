import type { ClickHouse } from "../../clickhouse/index.ts";
import type { MigrationPlan, MigrationStep } from "./migration-plan.ts";

/**
 * Runs the steps of a plan in order. Stopped at any point, a new plan goes on where it stopped.
 * @param onStep is told of each step before it runs
 * @throws ClickHouseFailure from the first step that fails, with the step's object in its sentence
 */
export async function applyPlan(plan: MigrationPlan, clickhouse: ClickHouse, onStep?: (step: MigrationStep) => void): Promise<void> {
  const system = clickhouse.inDatabase("system");
  try {
    for (const step of plan.steps) {
      onStep?.(step);
      const connection = step.kind === "database" ? system : clickhouse;
      await connection.command({ name: `Migrate ${step.kind} ${step.object}`, sql: step.sql });
    }
  } finally {
    await system.close();
  }
}
