import type uPlot from "uplot";
import type { Candle } from "../api/wire.ts";
import { showNumber } from "../show/numbers.ts";
import type { ChartData, Line } from "./chart-data.ts";
import { lineColor, translucent } from "./palette.ts";

/** Candles, oldest first, as a chart: what is drawn are their bodies, wicks and volumes, and the VWAP as a line. */
export function candleData(candles: readonly Candle[]): ChartData {
  const hidden = (label: "open" | "high" | "low" | "close"): Line => ({
    label,
    values: candles.map((candle) => candle[label]),
    isHidden: true,
  });
  const hasVwap = candles.some(({ vwap }) => vwap !== null);
  return {
    starts: candles.map(({ start }) => Date.parse(start)),
    ends: candles.map(({ end }) => Date.parse(end)),
    unsettled: candles.map(({ partial, state }) => (state === "final" ? (partial ? "partial" : undefined) : state)),
    lines: [
      hidden("high"),
      hidden("low"),
      hidden("open"),
      hidden("close"),
      ...(hasVwap ? [{ label: "VWAP", values: candles.map(({ vwap }) => vwap) }] : []),
    ],
    notes: candles.map(({ trades, volume }) => `${showNumber(trades)} trades${volume === null ? "" : `, volume ${showNumber(volume)}`}`),
    isLevel: true,
    paint: (plot, isDark) => paintCandles(plot, candles, isDark),
  };
}

/** Share of the height that the largest volume takes. */
const VOLUME_HEIGHT = 0.18;

/** Up and down in colours that all people tell apart; what is not final is paler. */
function paintCandles(plot: uPlot, candles: readonly Candle[], isDark: boolean): void {
  const { ctx, bbox } = plot;
  const [up, down] = [lineColor(0, isDark), lineColor(1, isDark)];
  const largest = Math.max(1, ...candles.map(({ volume }) => volume ?? 0));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { close, end, high, low, open, start, state, volume } of candles) {
    if (open === null || close === null || high === null || low === null) continue;
    const color = close >= open ? up : down;
    const from = plot.valToPos(Date.parse(start) / 1e3, "x", true);
    const to = plot.valToPos(Date.parse(end) / 1e3, "x", true);
    const width = Math.max(1, Math.round((to - from) * 0.7));
    const left = Math.round(from - width / 2);
    const y = (price: number): number => Math.round(plot.valToPos(price, "y", true));
    const bar = ((volume ?? 0) / largest) * bbox.height * VOLUME_HEIGHT;
    ctx.fillStyle = translucent(color, 0.2);
    ctx.fillRect(left, bbox.top + bbox.height - bar, width, bar);
    ctx.fillStyle = state === "final" ? color : translucent(color, 0.5);
    ctx.fillRect(Math.round(from), y(high), Math.max(1, Math.round(devicePixelRatio)), Math.max(1, y(low) - y(high)));
    ctx.fillRect(left, y(Math.max(open, close)), width, Math.max(1, Math.abs(y(open) - y(close))));
  }
  ctx.restore();
}
