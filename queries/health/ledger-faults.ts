/**
 * The batches of a ledger that do not begin where the one before ended, or whose counts do not add up. The first batch that the condition lets through has none before it to follow.
 * @param ledger the table, quoted
 * @param condition which batches are looked at
 * @returns SQL of rows with columns inserted_at, stream, first, last, worker, unbalanced, before
 */
export function ledgerFaultsSql(ledger: string, condition: string): string {
  return `SELECT inserted_at, stream, first, last, worker, unbalanced, before
FROM
(
    SELECT inserted_at, stream, first, last, worker,
        received != inserted + dead_lettered + duplicates AS unbalanced,
        lagInFrame(toNullable(last)) OVER (PARTITION BY stream, epoch ORDER BY generation, first ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
    FROM ${ledger}
    WHERE ${condition}
)
WHERE unbalanced OR first != before + 1`;
}
