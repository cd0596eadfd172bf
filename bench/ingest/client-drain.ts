import { EventEmitter, once } from "node:events";
import { AckPolicy, connect, DeliverPolicy } from "nats";

/** Messages asked for at once: the client's own consumer is quickest with so many. */
const PULL = 20_000;

/** Reads a stream from its first message to its last with the NATS client's own consumer, without acknowledging anything, and throws the messages away: what a program on this client can do at most. */
export async function clientDrain(natsUrl: string, stream: string): Promise<void> {
  const connection = await connect({ servers: natsUrl });
  const manager = await connection.jetstreamManager();
  const { state } = await manager.streams.info(stream);
  const { name } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    mem_storage: true,
  });
  const consumer = await connection.jetstream().consumers.get(stream, name);
  let received = 0;
  const all = new EventEmitter();
  const callback = (): void => {
    received += 1;
    if (received === state.messages) all.emit("read");
  };
  const read = once(all, "read");
  const messages = await consumer.consume({ max_messages: PULL, callback });
  await read;
  // Its timers would outlive the connection, and keep the process.
  messages.stop();
  await connection.close();
}
