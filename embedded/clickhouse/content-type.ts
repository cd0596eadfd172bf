const types: readonly (readonly [pattern: RegExp, type: string])[] = [
  [
    /^(JSON|JSONStrings|JSONColumns|JSONCompact|JSONCompactStrings|JSONCompactColumns|JSONColumnsWithMetadata|JSONObjectEachRow)$/i,
    "application/json; charset=UTF-8",
  ],
  [/^JSON.*EachRow|^PrettyJSONEachRow|^PrettyNDJSON|^NDJSON|^JSONLines/i, "application/x-ndjson; charset=UTF-8"],
  [/^CSVWithNames/i, "text/csv; charset=UTF-8; header=present"],
  [/^CSV/i, "text/csv; charset=UTF-8; header=absent"],
  [/^(TSV|TabSeparated)/i, "text/tab-separated-values; charset=UTF-8"],
  [/^XML$/i, "application/xml; charset=UTF-8"],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf|CapnProto|BSON|Npy|SQLite)/i, "application/octet-stream"],
];

/** The `Content-Type` that a ClickHouse server gives a result in this format. */
export function contentType(format: string): string {
  return types.find(([pattern]) => pattern.test(format))?.[1] ?? "text/plain; charset=UTF-8";
}
