import { useContext, useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { showNumber, withUnit } from "../show/numbers.ts";
import { showBucket } from "../show/times.ts";
import { ThemeContext } from "../state/theme.ts";
import type { ChartData } from "./chart-data.ts";
import { alignedData, chartOptions } from "./chart-options.ts";
import { lineColor } from "./palette.ts";

interface Props {
  readonly data: ChartData;
  /** Names the chart to who cannot see it. */
  readonly label: string;
  readonly zone: string;
  readonly unit?: string | undefined;
  readonly height: number;
  /** Called with a part of the range that was drawn out. */
  readonly onZoom?: ((from: number, to: number) => void) | undefined;
}

/** A chart of lines over time. The arrow keys move from bucket to bucket; what is pointed at is told beside the pointer, and to screen readers. */
export function TimeChart({ data, height, label, onZoom, unit, zone }: Props) {
  const isDark = useContext(ThemeContext) === "dark";
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const [point, setPoint] = useState<number | undefined>(undefined);
  const shape = JSON.stringify(data.lines.map(({ compared, label: name }) => [name, compared !== undefined]));
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const width = element.clientWidth || 300;
    const made = new uPlot(
      chartOptions(
        data,
        { zone, unit, isDark, width, height },
        { onPoint: setPoint, onZoom, onPaint: (drawn) => latest.current.paint?.(drawn, isDark) },
      ),
      alignedData(data),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, zone, unit, isDark, height, onZoom === undefined]);
  useEffect(() => plot.current?.setData(alignedData(data)), [data]);
  const step = (by: number): void => {
    const made = plot.current;
    if (!made || data.starts.length === 0) return;
    const next = Math.min(data.starts.length - 1, Math.max(0, (point ?? (by > 0 ? -1 : data.starts.length)) + by));
    made.setCursor({ left: made.valToPos((data.starts[next] ?? 0) / 1e3, "x"), top: made.bbox.height / devicePixelRatio / 2 });
  };
  return (
    <div
      class="chart"
      role="group"
      aria-label={`${label}: chart, arrow keys move from bucket to bucket`}
      tabIndex={0}
      onKeyDown={({ key }) => (key === "ArrowRight" ? step(1) : key === "ArrowLeft" ? step(-1) : undefined)}
    >
      <div ref={box} style={{ height: `${height}px` }} aria-hidden="true" />
      {point !== undefined && <Tooltip data={data} index={point} zone={zone} unit={unit} isDark={isDark} plot={plot.current} />}
    </div>
  );
}

interface TooltipProps {
  readonly data: ChartData;
  readonly index: number;
  readonly zone: string;
  readonly unit: string | undefined;
  readonly isDark: boolean;
  readonly plot: uPlot | undefined;
}

/** Lines that a tooltip tells. */
const MOST_LINES = 10;
const WHY: Readonly<Record<string, string>> = {
  open: "open: still filling",
  provisional: "provisional: late events may come",
  partial: "partial: the range cuts it",
};

function Tooltip({ data, index, isDark, plot, unit, zone }: TooltipProps) {
  const start = data.starts[index];
  const end = data.ends[index];
  if (start === undefined || end === undefined || !plot) return null;
  const rows = data.lines
    .map(({ compared, label, values }, line) => ({ label, line, value: values[index] ?? null, before: compared?.[index] }))
    .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
  const isRight = (plot.cursor.left ?? 0) > plot.width / 2;
  const left = (plot.cursor.left ?? 0) + plot.bbox.left / devicePixelRatio;
  const unsettled = data.unsettled[index];
  return (
    <div class="tooltip" role="status" style={isRight ? { right: `${plot.width - left + 12}px` } : { left: `${left + 12}px` }}>
      <div class="tooltip-time">{showBucket(start, end, zone)}</div>
      {unsettled !== undefined && <div class="tooltip-state">{WHY[unsettled] ?? unsettled}</div>}
      {rows.slice(0, MOST_LINES).map(({ before, label, line, value }) => (
        <div class="tooltip-row" key={line}>
          <span class="dot" style={{ background: lineColor(line, isDark) }} />
          <span>{label}</span>
          <b>{withUnit(showNumber(value), unit)}</b>
          {before !== undefined && <span class="muted">before {showNumber(before)}</span>}
        </div>
      ))}
      {data.notes?.[index] !== undefined && <div class="muted">{data.notes[index]}</div>}
      {rows.length > MOST_LINES && <div class="muted">and {rows.length - MOST_LINES} more</div>}
    </div>
  );
}
