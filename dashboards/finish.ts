import type { AnnotationQuery, Dashboard, GridPos, Panel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";

/** Oldest Grafana that the data source plugin runs on, and the version the SDK's panel schemas are of; newer ones migrate upwards. */
const GRAFANA = { version: "11.6.0", schema: 41 };

/** Grafana's own annotations, which every dashboard made in its editor has. */
const BUILT_IN: AnnotationQuery = {
  builtIn: 1,
  datasource: { type: "grafana", uid: "-- Grafana --" },
  enable: true,
  hide: true,
  iconColor: "rgba(0, 211, 255, 1)",
  name: "Annotations & Alerts",
  type: "dashboard",
};

/**
 * Sets what the SDK's builders leave out (0.0.21): ids of panels, and the versions without which Grafana runs migrations that can damage a panel
 * (https://github.com/grafana/grafana/issues/125371).
 */
export function finish(dashboard: Dashboard): Dashboard {
  return {
    ...dashboard,
    schemaVersion: GRAFANA.schema,
    links: (dashboard.links ?? []).map(visible),
    annotations: { list: [BUILT_IN, ...(dashboard.annotations.list ?? []).map(visible)] },
    templating: { list: (dashboard.templating.list ?? []).map(withoutAuto) },
    panels: placed(dashboard.panels ?? []).map((panel, index) =>
      "panels" in panel ? { ...panel, id: index + 1 } : finishedPanel(panel, index + 1),
    ),
  };
}

function finishedPanel(panel: Panel, id: number): Panel {
  return { ...panel, id, pluginVersion: GRAFANA.version, ...(panel.links ? { links: panel.links.map(visible) } : {}) };
}

/** The builders give every variable what only intervals have. */
function withoutAuto({ auto: _auto, auto_count: _count, auto_min: _least, ...rest }: VariableModel): VariableModel {
  return rest;
}

/** Puts panels side by side, and below where one is too wide for what is left of 24 columns: the builders begin a new line only at its end. */
function placed<Placed extends { type: string; gridPos?: GridPos }>(panels: readonly Placed[]): Placed[] {
  const at = { x: 0, y: 0, tallest: 0 };
  return panels.map((panel) => {
    const { h = 1, w = 24 } = panel.gridPos ?? {};
    if (panel.type === "row" || at.x + w > 24) Object.assign(at, { x: 0, y: at.y + at.tallest, tallest: 0 });
    const gridPos = { ...panel.gridPos, x: at.x, y: at.y, w, h };
    Object.assign(at, { x: at.x + w, tallest: Math.max(at.tallest, h) });
    return { ...panel, gridPos };
  });
}

/** The builders put links and annotations into a menu of Grafana's; without a placement they stand at the top of the dashboard. */
function visible<Control extends { placement?: string }>(control: Control): Control {
  const { placement: _placement, ...rest } = control;
  return rest as Control;
}
