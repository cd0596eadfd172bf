const GROUPED = [0, 1, 2, 3, 4, 5, 6].map((digits) => new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }));

/** A number for reading: thousands grouped, and about five digits that count. Null, what a bucket without events has, is "–". */
export function showNumber(value: number | null): string {
  if (value === null) return "–";
  return Number.isFinite(value) ? (GROUPED[decimalsOf(value)]?.format(value) ?? String(value)) : String(value);
}

/** Numbers that stand in one column: the same decimal places in each, so that they can be compared at a glance. */
export function showColumn(values: readonly (number | null)[]): string[] {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const decimals = Math.max(0, ...known.map((value) => Math.min(decimalsOf(value), shownDecimals(value))));
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return values.map((value) => (value !== null && Number.isFinite(value) ? format.format(value) : showNumber(value)));
}

/** Decimal places that a number deserves by its size. */
function decimalsOf(value: number): number {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 10_000) return 0;
  return size >= 100 ? 2 : size >= 1 ? 3 : 6;
}

/** Decimal places that a number has, rounded to six. */
function shownDecimals(value: number): number {
  return (/\.(\d*?)0*$/.exec(value.toFixed(6))?.[1] ?? "").length;
}

/** A number for the axis of a chart: three digits and a letter, such as 12.3k or 4M. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  const [scale, letter] = size >= 1e9 ? [1e9, "G"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  const scaled = value / scale;
  const shown = Math.abs(scaled) >= 100 || Number.isInteger(scaled) ? scaled.toFixed(0) : Number(scaled.toPrecision(3)).toString();
  return `${shown}${letter}`;
}

/** Bytes in the unit that suits, e.g. "12.3 MB". */
export function showBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1_000 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${units[power]}`;
}

/** A length of time, e.g. "0.4 s", "12 s", "3 m 20 s", "2 h 5 m". */
export function showSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} m ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A growth for reading: "+12.3 %", "−4 %"; null is "–". */
export function showPercent(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : 1;
  const rounded = Number(size.toFixed(digits));
  const sign = rounded === 0 ? "" : value < 0 ? "−" : "+";
  return `${sign}${GROUPED[digits]?.format(rounded) ?? rounded} %`;
}

/** "1 event", "2 events", "12,849 events". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${showNumber(count)} ${count === 1 ? one : many}`;
}
