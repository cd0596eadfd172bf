export { applyPlan, type ApplyOptions } from "./rollups/apply-plan.ts";
export { migrationPlan, type MigrationPlan, type MigrationStep } from "./rollups/migration-plan.ts";
