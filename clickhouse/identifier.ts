/** Quotes a name as a ClickHouse identifier, so that no name can be read as anything else. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

/** Writes a text as a ClickHouse string literal: for DDL, which cannot bind values. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
