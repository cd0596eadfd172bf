/** The stream ends before what was ingested of it: it was restored from an older copy, and would give what is published now sequences that the ledger has counted already. */
export class LogBehindLedger extends Error {
  override readonly name = "LogBehindLedger";

  /** @param lastSeq where the stream ends; @param committed where its ledger ends */
  constructor(stream: string, lastSeq: number, committed: number) {
    super(
      `stream ${stream} ends at ${lastSeq}, but all up to ${committed} was ingested: it was restored from an older copy, and what is published to it now would be taken for known. Restore its newest copy, or delete the stream and create it anew: see "The stream lost its end" in docs/operations.md.`,
    );
  }
}
