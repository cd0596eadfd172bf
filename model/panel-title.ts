import type { DashboardPanel, PanelEvent } from "./dashboard.ts";

/** What stands above a panel: its title, or what it shows in words. */
export function panelTitle(panel: DashboardPanel): string {
  if (panel.title !== undefined) return panel.title;
  switch (panel.show) {
    case "trend":
      return panel.by === undefined ? words(panel.metric) : `${words(panel.metric)} by ${panel.by}`;
    case "top":
      return `${words(panel.metric)}: largest by ${panel.by}`;
    case "stat":
      return words(panel.metric);
    case "table":
      return `${words(panel.metric)} of each ${panel.by}`;
    case "movers":
      return `${words(panel.metric)}: what moved, by ${panel.by}`;
    case "funnel":
      return `From ${typeOf(panel.steps[0])} to ${typeOf(panel.steps.at(-1))}`;
    case "retention":
      return `Who comes back with ${typeOf(panel.returning ?? panel.first)}, by ${panel.period}`;
    case "candles":
      return `Prices of ${panel.event}`;
  }
}

/** The name of a metric for people: "failed_payments" is "Failed payments". */
function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function typeOf(event: PanelEvent | undefined): string {
  return typeof event === "object" ? event.event : (event ?? "nothing");
}
