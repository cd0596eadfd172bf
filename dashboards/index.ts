export { buildDashboards, type BuiltDashboard } from "./build-dashboards.ts";
export { abandonedIn } from "./abandoned-in.ts";
export { abandonedFiles, provisionedFiles, writeDashboards, type ProvisionedFile } from "./write-dashboards.ts";
export { compareDashboards, type DashboardDifference } from "./compare-dashboards.ts";
export { connectGrafana, type Grafana } from "./grafana.ts";
