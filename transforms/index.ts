export { applyPlan } from "./rollups/apply-plan.ts";
export { migrationPlan, type MigrationPlan } from "./rollups/migration-plan.ts";
