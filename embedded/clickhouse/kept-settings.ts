import type { EngineSession } from "./engine.ts";
import { quote } from "./engine.ts";

/**
 * Remembers the values of settings and gives back what restores them. In a session of a ClickHouse server the settings of a URL hold for
 * one request only, while those of a SET statement stay.
 */
export async function rememberSettings(session: EngineSession, names: readonly string[]): Promise<() => Promise<void>> {
  if (names.length === 0) return async () => undefined;
  const query = `SELECT name, value, changed FROM system.settings WHERE name IN (${names.map(quote).join()})`;
  const { output } = await session.run(query, "JSONCompactEachRow");
  const rows = Buffer.from(output)
    .toString()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as [string, string, number]);
  const assignments = rows.map(([name, value, changed]) => `${name} = ${changed ? quote(value) : "DEFAULT"}`);
  return async () => {
    if (assignments.length > 0) await session.run(`SET ${assignments.join(", ")}`);
  };
}
