import type { ClickHouse } from "../connect.ts";

/** Permissions to destroy, as `SHOW GRANTS` names them. */
const DESTRUCTIVE = ["ALL", "ALTER", "ALTER TABLE", "ALTER DELETE", "DROP", "DROP TABLE", "DROP DATABASE", "TRUNCATE"];

/**
 * Which permissions to drop, truncate or delete this user has on the database.
 * @returns none of them, some, or undefined if they come with roles, which are not looked into
 * @throws ClickHouseFailure
 */
export async function destructiveRights(clickhouse: ClickHouse): Promise<readonly string[] | undefined> {
  const rows = await clickhouse.rows<Record<string, string>>({ name: "Grants", sql: "SHOW GRANTS" });
  return destructiveGrants(
    rows.map((row) => Object.values(row)[0] ?? ""),
    clickhouse.database,
  );
}

/** Reads lines such as "GRANT SELECT, INSERT ON shop.* TO hydrograph"; a REVOKE is an exception to a GRANT before it. */
export function destructiveGrants(lines: readonly string[], database: string): readonly string[] | undefined {
  const held = new Set<string>();
  let hasRoles = false;
  for (const line of lines) {
    const [, verb, rights = "", scope] = /^(GRANT|REVOKE) (.+?) (?:ON (\S+) )?(?:TO|FROM) /.exec(line) ?? [];
    if (scope === undefined) {
      hasRoles ||= verb === "GRANT";
      continue;
    }
    if (!concerns(scope.replaceAll("`", ""), database)) continue;
    for (const right of rights.split(/, (?![^(]*\))/)) {
      if (!DESTRUCTIVE.includes(right)) continue;
      if (verb === "GRANT") held.add(right);
      else held.delete(right);
    }
  }
  return held.size === 0 && hasRoles ? undefined : [...held];
}

function concerns(scope: string, database: string): boolean {
  return scope === "*.*" || scope === `${database}.*` || scope === `${database}.events`;
}
