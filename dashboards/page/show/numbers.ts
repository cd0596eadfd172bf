/** A number for reading: thousands grouped, and about four digits that count. Null is "–". */
export function showNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = Number.isInteger(value) || size >= 10_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

/** A number for an axis or a tile: "12.3k", "4M". */
export function shortNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) < 10_000) return showNumber(value);
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
}

/** A number with what one of it is: "12.3%", "€1,200", "34 people". */
export function withUnit(shown: string, unit: string | undefined): string {
  if (unit === undefined || shown === "–") return shown;
  return unit === "%" ? `${shown}%` : `${shown} ${unit}`;
}

/** A change in percent, with its sign. */
export function showGrowth(percent: number): string {
  const rounded = Math.abs(percent) >= 100 ? Math.round(percent) : Math.round(percent * 10) / 10;
  return `${rounded > 0 ? "+" : rounded < 0 ? "−" : "±"}${Math.abs(rounded).toLocaleString("en")}%`;
}

/** Bytes in the unit that suits. */
export function showBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [scaled, index] = [bytes, 0];
  for (; scaled >= 1_000 && index < units.length - 1; index += 1) scaled /= 1_000;
  return `${showNumber(index === 0 ? scaled : Number(scaled.toPrecision(3)))} ${units[index] ?? "B"}`;
}

/** A length of time in the unit that suits: "850 ms", "12 s", "3 h 5 min". */
export function showSeconds(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "unknown";
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.round((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.round((seconds % 86_400) / 3_600)} h`;
}
