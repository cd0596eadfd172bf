import uPlot from "uplot";
import { shortNumber, withUnit } from "../show/numbers.ts";
import { splitLine, type ChartData } from "./chart-data.ts";
import { lineColor, translucent } from "./palette.ts";

/** How a chart looks. */
export interface ChartLook {
  readonly zone: string;
  readonly unit: string | undefined;
  readonly isDark: boolean;
  readonly width: number;
  readonly height: number;
}

/** What a chart tells of what people do with it. */
export interface ChartEvents {
  /** The bucket under the pointer, or none. */
  readonly onPoint: (index: number | undefined) => void;
  /** A part of the range was drawn out, in milliseconds since 1970. */
  readonly onZoom: ((from: number, to: number) => void) | undefined;
  /** Draws below the lines. */
  readonly onPaint: (plot: uPlot) => void;
}

/** Charts whose pointers move together. */
const SYNC = "hydrograph";
const FONT = "11px system-ui, sans-serif";

/** The options of a chart of so many lines. Each line is up to three of uPlot's: the period compared with, what is settled, and what is not. */
export function chartOptions(data: ChartData, look: ChartLook, { onPaint, onPoint, onZoom }: ChartEvents): uPlot.Options {
  const { height, isDark, unit, width, zone } = look;
  const ink = isDark ? "#9fb0bf" : "#5b6b79";
  const grid = { stroke: isDark ? "#22303c" : "#e6ebef", width: 1 };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), zone),
    cursor: {
      sync: { key: SYNC },
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: { y: { range: (_plot, least, most) => (data.isLevel ? levelRange(least, most) : yRange(least, most)) } },
    axes: [
      { stroke: ink, font: FONT, grid: { show: false }, ticks: { ...grid, size: 4 }, size: 40, values: DATES },
      {
        stroke: ink,
        font: FONT,
        grid,
        ticks: { show: false },
        size: 56,
        values: (_plot, splits) =>
          splits.map((value) => (value === null ? "" : withUnit(shortNumber(value), unit === "%" ? unit : undefined))),
      },
    ],
    series: [
      {},
      ...data.lines.flatMap(({ compared, isHidden }, index) =>
        isHidden ? [HIDDEN, HIDDEN] : lineSeries(lineColor(index, isDark), ink, data.lines.length === 1, compared !== undefined),
      ),
    ],
    hooks: {
      drawAxes: [onPaint],
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: drawn } = plot.select;
          if (drawn < 4 || !onZoom) return;
          onZoom(plot.posToVal(left, "x") * 1e3, plot.posToVal(left + drawn, "x") * 1e3);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/**
 * Words of the time axis: for ticks this far apart (seconds) what each says, and what more the first of a year, (month,) day, (hour,) minute says.
 * Source: uPlot's docs, "Axis & Grid Opts".
 */
const DATES: uPlot.Axis.TimeValuesConfig = [
  [31_536_000, "{YYYY}", null, null, null, null, null, null, 1],
  [2_419_200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, ":{ss}", "\n{D} {MMM} {YYYY} {HH}:{mm}", null, "\n{D} {MMM} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
];

/** From 0 where all is positive: the height of a line then tells how much it is. */
function yRange(least: number | null, most: number | null): uPlot.Range.MinMax {
  if (least === null || most === null) return [0, 1];
  if (least === most && most === 0) return [0, 1];
  const room = (most - Math.min(0, least)) * 0.06;
  return [least < 0 ? least - room : 0, most > 0 ? most + room : 0];
}

/** With room on both sides. */
function levelRange(least: number | null, most: number | null): uPlot.Range.MinMax {
  if (least === null || most === null) return [0, 1];
  const room = (most - least || Math.abs(most) || 1) * 0.08;
  return [least - room, most + room];
}

/** A line that is not drawn, whose values the scale minds. */
const HIDDEN: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };

function lineSeries(color: string, ink: string, isAlone: boolean, isCompared: boolean): uPlot.Series[] {
  const before = { stroke: translucent(ink, 0.7), width: 1, dash: [2, 3], points: { show: false } };
  const points = { show: true, size: 5, fill: color, filter: lonePoints };
  return [
    ...(isCompared ? [before] : []),
    { stroke: color, width: 1.75, points, ...(isAlone ? { fill: translucent(color, 0.13) } : {}) },
    { stroke: translucent(color, 0.65), width: 1.5, dash: [5, 4], points, ...(isAlone ? { fill: translucent(color, 0.05) } : {}) },
  ];
}

/** Values without a neighbour, which no line shows. */
function lonePoints(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isThere = (index: number): boolean => values[index] !== null && values[index] !== undefined;
  return Array.from(values.keys()).filter((index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1));
}

/** The numbers of a chart, as uPlot takes them: seconds, then those of each of its series. */
export function alignedData({ lines, starts, unsettled }: ChartData): uPlot.AlignedData {
  return [
    starts.map((start) => start / 1e3),
    ...lines.flatMap(({ compared, values }) => [...(compared ? [compared as (number | null)[]] : []), ...splitLine(values, unsettled)]),
  ];
}
