import { literal, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import type { Landing, NumberedRows, SpineColumn } from "./landing.ts";
import type { SpineSource } from "./spine-source.ts";

/** NDJSON lands line by line; its columns are the members of all its objects, in the order in which they first appear. */
export function ndjsonLanding(source: SpineSource): Landing {
  return {
    ddl: "json String",
    columns: ["json"],
    format: "LineAsString",
    settings: {},
    rowNoun: source.path === undefined ? "Row" : "Line",
    blank: "match(json, '^\\\\s*$')",
    describe: (clickhouse, rows) => describeMembers(clickhouse, rows, source.name),
  };
}

async function describeMembers(clickhouse: ClickHouse, { sql, line }: NumberedRows, name: string): Promise<readonly SpineColumn[]> {
  const [broken] = await clickhouse.rows<{ number: string }>({
    name: "Check the spine's lines",
    sql: `SELECT ${line} AS number FROM ${sql} WHERE NOT (isValidJSON(json) AND JSONType(json) = 'Object') ORDER BY number LIMIT 1`,
  });
  if (broken) throw new QueryError(`Line ${Number(broken.number) + 1} of ${name} is no JSON object.`);
  const members = await clickhouse.rows<{ member: string; types: string[] }>({
    name: "Look at the spine's columns",
    sql: `SELECT member, arraySort(groupUniqArray(JSONType(json, member)::String)) AS types
FROM (SELECT ${line} AS number, json, JSONExtractKeys(json) AS members, arrayJoin(arrayEnumerate(members)) AS place, members[place] AS member FROM ${sql})
GROUP BY member ORDER BY min((number, place))`,
  });
  return members.map(({ member, types }) => ({ name: member, text: memberText(member), ...memberValue(member, types) }));
}

/** A text as it is, anything else as its JSON, null and missing as null. */
function memberText(member: string): string {
  const key = literal(member);
  return `multiIf(JSONType(json, ${key}) = 'String', JSONExtractString(json, ${key}), JSONType(json, ${key}) = 'Null', NULL, JSONExtractRaw(json, ${key}))`;
}

/** One type of JSON in every row gives a column of that type; a mixture, or integers beyond 64 bits, give text that keeps every digit. */
function memberValue(member: string, types: readonly string[]): { type: string; value: string } {
  const known = types.filter((type) => type !== "Null");
  const typed = (type: string): { type: string; value: string } => ({ type, value: `JSONExtract(json, ${literal(member)}, '${type}')` });
  if (known.length > 0 && known.every((type) => type === "Int64")) return typed("Nullable(Int64)");
  if (known.length > 0 && known.every((type) => type === "Int64" || type === "Double")) return typed("Nullable(Float64)");
  if (known.length > 0 && known.every((type) => type === "Bool")) return typed("Nullable(Bool)");
  return { type: "Nullable(String)", value: memberText(member) };
}
