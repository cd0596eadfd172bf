import { connect, type JetStreamManager } from "nats";

/** What tests do to a stream behind our back, and the project itself never does. */
export async function administer<Result>(url: string, work: (manager: JetStreamManager) => Promise<Result>): Promise<Result> {
  const connection = await connect({ servers: url });
  try {
    return await work(await connection.jetstreamManager());
  } finally {
    await connection.close();
  }
}
