export { buildDashboards, type BuiltDashboard } from "./build-dashboards.ts";
export { writeDashboards } from "./write-dashboards.ts";
