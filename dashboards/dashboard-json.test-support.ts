import { composeDashboards } from "./compose-dashboards.ts";
import type { Project } from "../model/index.ts";

/** The parts of a dashboard's JSON that tests look at. */
export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly timezone: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly VariableJson[] };
  readonly annotations: { readonly list: readonly AnnotationJson[] };
  readonly tags: readonly string[];
  readonly links: readonly { readonly keepTime: boolean; readonly includeVars: boolean; readonly url: string }[];
  readonly panels: readonly PanelJson[];
}

/** A variable at the top of a dashboard. */
export interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly datasource?: unknown;
  readonly query: string | { readonly rawSql: string };
}

/** An annotation, the built-in one included. */
export interface AnnotationJson {
  readonly name: string;
  readonly builtIn?: number;
  readonly datasource: unknown;
  readonly target?: TargetJson;
}

/** The query of a panel or annotation. */
export interface TargetJson {
  readonly refId: string;
  readonly datasource: unknown;
  readonly pluginVersion: string;
  readonly rawSql: string;
  readonly format: number;
}

/** A panel, rows included. */
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly pluginVersion?: string;
  readonly datasource?: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly links?: readonly { readonly url: string }[];
  readonly targets?: readonly TargetJson[];
  readonly options: { readonly legend?: { readonly showLegend: boolean }; readonly reduceOptions?: { readonly calcs: readonly string[] } };
  readonly fieldConfig: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: { readonly steps: readonly unknown[] } };
    readonly overrides: readonly { readonly matcher: { readonly id: string; readonly options: string } }[];
  };
}

/** A project's dashboards, parsed. */
export function dashboardsOf(project: Project): readonly DashboardJson[] {
  return composeDashboards(project).map(({ json }) => JSON.parse(json) as DashboardJson);
}

/** The panels that show data: all but rows. */
export function dataPanels(dashboard: DashboardJson): readonly PanelJson[] {
  return dashboard.panels.filter(({ type }) => type !== "row");
}
