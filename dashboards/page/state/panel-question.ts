import type { Board, Metric, Panel } from "../api/wire.ts";
import { grainFor, rangeOf } from "./ranges.ts";
import type { Route } from "./route.ts";

/** Where a panel stands, and what is chosen there. */
export interface PanelPlace {
  readonly board: Board;
  readonly route: Route;
  /** IANA zone that times are cut in. */
  readonly zone: string;
  /** The metrics of the project. */
  readonly metrics: readonly Metric[];
}

/** Groups that a trend shows which was not declared with any. */
const TOP = 8;

/**
 * What a panel of a dashboard asks, as the HTTP API takes it: the question that it declares, over the range, zone and grain that are chosen. Trends of metrics that have the dimension chosen are grouped by it.
 * @param now milliseconds since 1970
 */
export function panelBody(
  { ask, request, show }: Panel,
  { board, metrics, route, zone }: PanelPlace,
  now: number,
): Readonly<Record<string, unknown>> {
  const { by = "", grain = "" } = route.params;
  const range = rangeOf(route, board);
  const declared = board.grain === "auto" ? grainFor(range, now) : board.grain;
  const metric = metrics.find(({ name }) => name === request["metric"]);
  const isGrouped = show === "trend" && metric !== undefined && metric.dimensions.includes(by);
  const isText = metric?.kind === "first" || metric?.kind === "last";
  return {
    ...request,
    ...(isGrouped ? { groupBy: [by], ...(isText ? { top: undefined } : { top: request["top"] ?? TOP }) } : {}),
    ...range,
    timezone: zone,
    ...(ask === "trend" || ask === "candles" ? { grain: grain === "" ? declared : grain } : {}),
  };
}

/** Columns of the 24 that a panel takes, as in Grafana. */
export function panelWidth({ show, width }: Panel): number {
  if (width !== undefined) return width;
  if (show === "stat") return 6;
  return show === "retention" || show === "candles" ? 24 : 12;
}

/** The dashboard of a route; undefined if the route is of another view, or there is none of its name. */
export function boardOf({ params, view }: Route, boards: readonly Board[]): Board | undefined {
  return view === "board" ? boards.find(({ name }) => name === params["name"]) : undefined;
}
