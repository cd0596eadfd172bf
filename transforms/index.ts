export { createEnrichers, type EnrichContext } from "./enrich/create-enrichers.ts";
export { LookupRows } from "./enrich/lookup-rows.ts";
export type { Workers } from "./rollups/batches-under-way.ts";
export { MigrationError } from "./rollups/check-base-table.ts";
export { applyPlan, type ApplyOptions } from "./rollups/apply-plan.ts";
export { migrationPlan, type MigrationPlan, type MigrationStep } from "./rollups/migration-plan.ts";
export { rebuildRollup, type RebuildOptions, type RebuildOutcome } from "./rebuild/rebuild-rollup.ts";
export { unfinishedRebuilds } from "./rebuild/rebuild-state.ts";
export { forgetFormerVersions, leaveToRawEvents, rollupStatus, type RollupStatus } from "./rebuild/rollup-status.ts";
