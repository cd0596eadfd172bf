export { buildDashboards } from "./build-dashboards.ts";
export { writeDashboards } from "./write-dashboards.ts";
