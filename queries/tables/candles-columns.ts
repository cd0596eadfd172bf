import type { CandlesAnswer } from "../market/market-request.ts";
import { dimension, flags, numbers, texts, times, type Columns } from "./columns.ts";

/** Every candle as columns, for files. */
export function candlesColumns({ candles }: CandlesAnswer): Columns {
  return {
    start: times(candles.map(({ start }) => start)),
    end: times(candles.map(({ end }) => end)),
    state: texts(candles.map(({ state }) => state)),
    partial: flags(candles.map(({ partial }) => partial)),
    instrument: dimension(candles.map(({ instrument }) => instrument)),
    open: numbers(candles.map(({ open }) => open)),
    high: numbers(candles.map(({ high }) => high)),
    low: numbers(candles.map(({ low }) => low)),
    close: numbers(candles.map(({ close }) => close)),
    trades: numbers(candles.map(({ trades }) => trades)),
    volume: numbers(candles.map(({ volume }) => volume)),
    vwap: numbers(candles.map(({ vwap }) => vwap)),
    twap: numbers(candles.map(({ twap }) => twap)),
  };
}
