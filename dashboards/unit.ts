/** Units that Grafana scales and formats itself, by what metrics are declared in. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  USD: "currencyUSD",
  EUR: "currencyEUR",
  GBP: "currencyGBP",
  JPY: "currencyJPY",
  ns: "ns",
  us: "µs",
  ms: "ms",
  s: "s",
  seconds: "s",
  bytes: "bytes",
  "%": "percent",
  percent: "percent",
  ratio: "percentunit",
};

/** Grafana's id of a metric's unit; a unit that Grafana does not know follows the number as it stands. */
export function grafanaUnit(unit: string | undefined): string {
  if (unit === undefined) return "short";
  return GRAFANA_UNITS[unit] ?? `suffix:${unit}`;
}
