import { createHash } from "node:crypto";
import { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { RowSet } from "../batch/row-set.ts";
import { insertForever, type InsertContext } from "./insert-forever.ts";

/** Rows of one table to add under one token. */
export interface RowsToInsert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: RowSet;
  readonly token: string;
  /** The rows to add; all unless said. */
  readonly only?: readonly number[];
}

/** After this many refused rows and not one accepted, it is not the rows that are at fault. */
const SUSPICIOUS_REFUSALS = 20;

/**
 * Inserts rows; a part that ClickHouse refuses for its data is halved until the rows at fault are found, each part under a token of its own
 * (`<token>/<from>-<to>`), so that a repetition halves alike and adds nothing twice.
 * @returns the rows at fault
 * @throws ClickHouseFailure if every row is refused: then a view or the table is at fault, and nothing may become a dead letter for it
 */
export async function insertRows(context: InsertContext, insert: RowsToInsert): Promise<readonly number[]> {
  const { only, rows } = insert;
  const count = only?.length ?? rows.rows;
  const token = only ? `${insert.token}/only-${createHash("sha256").update(only.join()).digest("hex").slice(0, 16)}` : insert.token;
  const faults: number[] = [];
  let accepted = 0;
  const insertPart = async (from: number, to: number, partToken: string): Promise<void> => {
    if (from === to) return;
    const body = only ? rows.pick(only.slice(from, to)) : rows.slice(from, to);
    try {
      await insertForever(context, { table: insert.table, columns: insert.columns, format: "RowBinary", body, token: partToken });
      accepted += to - from;
    } catch (error) {
      if (!(error instanceof ClickHouseFailure) || error.kind !== "bad-data") throw error;
      if (to - from > 1) {
        const middle = (from + to) >> 1;
        await insertPart(from, middle, `${token}/${from}-${middle}`);
        await insertPart(middle, to, `${token}/${middle}-${to}`);
        return;
      }
      faults.push(only?.[from] ?? from);
      if (accepted === 0 && faults.length >= SUSPICIOUS_REFUSALS) throw error;
    }
  };
  await insertPart(0, count, token);
  return faults;
}
