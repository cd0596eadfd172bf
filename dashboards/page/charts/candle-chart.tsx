import { useMemo } from "preact/hooks";
import type { Candle } from "../api/wire.ts";
import { candleData } from "./candle-data.ts";
import { TimeChart } from "./time-chart.tsx";

interface Props {
  /** Of one instrument, oldest first. */
  readonly candles: readonly Candle[];
  readonly label: string;
  readonly zone: string;
  readonly unit: string | undefined;
  readonly onZoom: (from: number, to: number) => void;
}

/** Prices over time as candles. */
export function CandleChart({ candles, label, onZoom, unit, zone }: Props) {
  const data = useMemo(() => candleData(candles), [candles]);
  return <TimeChart data={data} label={label} zone={zone} unit={unit} height={320} onZoom={onZoom} />;
}
