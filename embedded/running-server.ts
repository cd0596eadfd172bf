/** A server process started by this room. */
export interface RunningServer {
  /** Where clients connect: `nats://127.0.0.1:4222` or `http://127.0.0.1:8123`. */
  readonly url: string;
  /** The TCP port in `url`. */
  readonly port: number;
  /** The operating system's id of the server process. */
  readonly pid: number;
  /** Asks the server to finish what it is doing and end (SIGTERM); after a deadline ends it with SIGKILL. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends the process at once with SIGKILL, as a crash would: for fault tests. */
  kill(): void;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<void>;
}
