/** An SQL expression, and the values it binds. */
export interface BoundSql {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}
