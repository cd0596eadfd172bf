/** Quotes a name as a ClickHouse identifier, so that no name can be read as anything else. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
