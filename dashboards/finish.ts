import type { AnnotationQuery, Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";

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
    panels: (dashboard.panels ?? []).map((panel, index) =>
      "panels" in panel ? { ...panel, id: index + 1 } : ({ ...panel, id: index + 1, pluginVersion: GRAFANA.version } satisfies Panel),
    ),
  };
}

/** The builders put links and annotations into a menu of Grafana's; without a placement they stand at the top of the dashboard. */
function visible<Control extends { placement?: string }>(control: Control): Control {
  const { placement: _placement, ...rest } = control;
  return rest as Control;
}
