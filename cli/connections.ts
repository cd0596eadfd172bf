import { ClickHouseFailure, connectClickHouse, type ClickHouse, type ClickHouseOptions } from "../clickhouse/index.ts";
import { connectJetStream, type JetStream, type JetStreamOptions } from "../jetstream/index.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import { dataFolder, readEndpoints } from "./endpoints.ts";
import { CommandFailure, UsageError } from "./errors.ts";
import type { Invocation } from "./invocation.ts";

/** Connects to NATS where the flag, else the environment, else a running `hydrograph up` says. @throws UsageError if none does */
export async function openJetStream(invocation: Invocation, config: LoadedConfig): Promise<JetStream> {
  const address = await natsAddress(invocation, config.folder);
  if (!address) throw nowhere("NATS", "--nats nats://127.0.0.1:4222", "HYDROGRAPH_NATS_URL");
  return connectJetStream(address);
}

/** The same for a command that can do without NATS: undefined if nothing says where it is. */
export async function openJetStreamIfNamed(invocation: Invocation, config: LoadedConfig): Promise<JetStream | undefined> {
  const address = await natsAddress(invocation, config.folder);
  return address && connectJetStream(address);
}

/**
 * Connects to ClickHouse where the flag, else the environment, else a running `hydrograph up` says, and makes sure that it answers.
 * @param options.databaseMayLack the database need not exist yet
 * @param options.database another database than the project's own
 * @param options.mayTakeLong whether answers are waited for, however long they take: somebody sits there who can press Ctrl-C
 */
export async function openClickHouse(
  invocation: Invocation,
  config: LoadedConfig,
  { databaseMayLack = false, database = config.project.name, mayTakeLong = false } = {},
): Promise<ClickHouse> {
  const options = { ...(await clickhouseAddress(invocation, config.folder)), database, mayTakeLong };
  const clickhouse = connectClickHouse(options);
  try {
    await (databaseMayLack ? pingServer(clickhouse) : clickhouse.ping());
    return clickhouse;
  } catch (error) {
    await clickhouse.close();
    throw unreachable(error, options);
  }
}

async function pingServer(clickhouse: ClickHouse): Promise<void> {
  const system = clickhouse.inDatabase("system");
  try {
    await system.ping();
  } finally {
    await system.close();
  }
}

async function natsAddress({ flags, environment }: Invocation, folder: string): Promise<JetStreamOptions | undefined> {
  const given = flags.nats ?? environment.natsUrl ?? (await readEndpoints(dataFolder(folder)))?.natsUrl;
  if (given === undefined) return undefined;
  const servers = given.split(",").map((text) => urlOf(text, ["nats:", "tls:", "ws:", "wss:"], "NATS", "nats://127.0.0.1:4222"));
  const [first] = servers;
  const user = environment.natsUser ?? decoded(first?.username);
  const password = environment.natsPassword ?? decoded(first?.password);
  return {
    url: servers.map(withoutCredentials).join(","),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}

async function clickhouseAddress({ flags, environment }: Invocation, folder: string): Promise<Omit<ClickHouseOptions, "database">> {
  const given = flags.clickhouse ?? environment.clickhouseUrl ?? (await readEndpoints(dataFolder(folder)))?.clickhouseUrl;
  if (given === undefined) throw nowhere("ClickHouse", "--clickhouse http://127.0.0.1:8123", "HYDROGRAPH_CLICKHOUSE_URL");
  const url = urlOf(given, ["http:", "https:"], "ClickHouse", "http://127.0.0.1:8123");
  const username = environment.clickhouseUser ?? decoded(url.username);
  const password = environment.clickhousePassword ?? decoded(url.password);
  return {
    url: withoutCredentials(url),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function nowhere(what: string, flag: string, variable: string): UsageError {
  return new UsageError(`Where is ${what}? Start one with "hydrograph up" in another terminal, or name one with ${flag} or ${variable}.`);
}

function urlOf(text: string, protocols: readonly string[], what: string, example: string): URL {
  const withProtocol = text.includes("://") ? text : `${protocols[0]}//${text}`;
  const url = URL.canParse(withProtocol) ? new URL(withProtocol) : undefined;
  if (!url || !protocols.includes(url.protocol) || url.hostname === "")
    throw new UsageError(`"${text}" is no address of ${what}: write one such as ${example}.`);
  return url;
}

function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href.replace(/\/$/, "");
}

function decoded(part: string | undefined): string | undefined {
  return part ? decodeURIComponent(part) : undefined;
}

function unreachable(error: unknown, { url, database }: { url: string; database: string }): unknown {
  if (!(error instanceof ClickHouseFailure)) return error;
  if (error.code === undefined) {
    return new CommandFailure(`Cannot reach ClickHouse at ${url}: ${reasonOf(error.cause)}.`, { cause: error });
  }
  if (error.code === 81)
    return new UsageError(`ClickHouse at ${url} has no database "${database}" yet: run "hydrograph migrate".`, { cause: error });
  if (error.kind === "pause")
    return new CommandFailure(`ClickHouse at ${url} refuses the user or password (code ${error.code}).`, { cause: error });
  return error;
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ECONNREFUSED") return 'nothing listens there; start it, for instance with "hydrograph up"';
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host name is unknown";
  return cause instanceof Error && cause.message !== "" ? cause.message : "it does not answer";
}
