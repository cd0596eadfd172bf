export type { Workers } from "./rollups/batches-under-way.ts";
export { MigrationError } from "./rollups/check-base-table.ts";
export { applyPlan, type ApplyOptions } from "./rollups/apply-plan.ts";
export { migrationPlan, type MigrationPlan, type MigrationStep } from "./rollups/migration-plan.ts";
