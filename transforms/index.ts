export { applyPlan } from "./rollups/apply-plan.ts";
export { MigrationError } from "./rollups/check-base-table.ts";
export { migrationPlan, type MigrationPlan, type MigrationStep } from "./rollups/migration-plan.ts";
