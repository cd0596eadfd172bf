import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { connectJetStream, type LogMessage } from "../../jetstream/index.ts";
import type { Books, PublishedEvent, PublishedMessage } from "../oracles/ledger.ts";
import type { Addresses, UserProject } from "./user-project.ts";

/** The database of a project. */
export function databaseOf(project: UserProject, { clickhouseUrl }: Addresses): ClickHouse {
  return connectClickHouse({ url: clickhouseUrl, database: project.name });
}

/**
 * Everything the log of a project holds, read from JetStream, and everything its tables hold.
 * @param expected what must become of a published event: its data after upcasts, as a row unless said otherwise
 */
export async function readBooks(
  project: UserProject,
  addresses: Addresses,
  expected: (event: PublishedEvent) => PublishedEvent,
): Promise<Books> {
  const clickhouse = databaseOf(project, addresses);
  try {
    return { published: await readLog(project, addresses, expected), ...(await readTables(clickhouse)) };
  } finally {
    await clickhouse.close();
  }
}

/** Everything that the tables of a project hold. */
export async function readTables(clickhouse: ClickHouse): Promise<Omit<Books, "published">> {
  const rows = <Row>(sql: string): Promise<Row[]> =>
    clickhouse.rows<Row>({ name: "Read the books", sql, settings: { output_format_json_quote_64bit_integers: 0 } });
  return {
    events: await rows("SELECT stream, epoch, seq, idx, id, source, type, data FROM events"),
    deadLetters: await rows("SELECT stream, epoch, seq, idx FROM dead_letters"),
    ledger: await rows("SELECT * FROM ingest_ledger"),
  };
}

async function readLog(
  project: UserProject,
  { natsUrl }: Addresses,
  expected: (event: PublishedEvent) => PublishedEvent,
): Promise<PublishedMessage[]> {
  const jetstream = await connectJetStream({ url: natsUrl });
  try {
    const state = await jetstream.streamState(project.stream);
    if (!state) throw new Error(`There is no stream ${project.stream}.`);
    const { epoch, lastSeq, name: stream } = state;
    const messages: LogMessage[] = [];
    await new Promise<void>((resolve) => {
      jetstream.openReader({
        stream,
        epoch,
        from: 1,
        onMessage: (message) => {
          messages.push({ ...message, payload: Buffer.from(message.payload) });
          if (message.seq === lastSeq) resolve();
        },
        onStatus: () => undefined,
      });
    });
    return messages.map(({ payload, seq }) => ({
      stream,
      epoch,
      seq,
      bytes: payload.length,
      events: [expected(JSON.parse(payload.toString("utf8")) as PublishedEvent)],
    }));
  } finally {
    await jetstream.close();
  }
}
