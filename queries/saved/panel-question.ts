import type { DashboardPanel } from "../../model/index.ts";
import type { QuestionKind } from "./question-calls.ts";

/** What a panel asks, but for range, zone and grain, which its dashboard gives. */
export interface PanelQuestion {
  readonly ask: QuestionKind;
  readonly request: Readonly<Record<string, unknown>>;
}

/** Groups that a panel shows unless it says how many. */
const TOP = { trend: 10, top: 10, table: 20, movers: 10 } as const;

/** Groups that a panel with groups shows. */
export function panelTop(panel: Extract<DashboardPanel, { readonly show: keyof typeof TOP }>): number {
  return panel.top ?? TOP[panel.show];
}

/** The question behind a panel, as the functions of the library take it: what Grafana draws is this answer. */
export function panelQuestion(panel: DashboardPanel): PanelQuestion {
  switch (panel.show) {
    case "trend":
      return { ask: "trend", request: { ...metricOf(panel), ...(panel.by === undefined ? {} : groupsOf(panel.by, panelTop(panel))) } };
    case "stat":
      return { ask: "trend", request: { ...metricOf(panel), compare: "previous" } };
    case "top":
    case "table":
      return { ask: "trend", request: { ...metricOf(panel), ...groupsOf(panel.by, panelTop(panel)), compare: "previous" } };
    case "movers":
      return { ask: "movers", request: { ...metricOf(panel), groupBy: [panel.by], limit: panelTop(panel) } };
    case "funnel":
      return { ask: "funnel", request: { steps: panel.steps, window: panel.window } };
    case "candles": {
      const { by, event, price, size } = panel;
      return { ask: "candles", request: { event, price, ...(size === undefined ? {} : { size }), ...(by === undefined ? {} : { by }) } };
    }
    case "retention":
      return {
        ask: "retention",
        request: { first: panel.first, ...(panel.returning === undefined ? {} : { returning: panel.returning }), period: panel.period },
      };
  }
}

function metricOf({ filter, metric }: { readonly metric: string; readonly filter?: unknown }): Readonly<Record<string, unknown>> {
  return { metric, ...(filter === undefined ? {} : { filter }) };
}

function groupsOf(by: string, top: number): Readonly<Record<string, unknown>> {
  return { groupBy: [by], top };
}
