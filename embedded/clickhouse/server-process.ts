import { join } from "node:path";
import { openEngine } from "./engine.ts";
import { createEndpoint } from "./http-endpoint.ts";
import { OutputPipes } from "./output-pipes.ts";
import { Spool } from "./spool.ts";
import type { ServerProcessMessage, ServerProcessOptions } from "./server-messages.ts";

process.once("message", (options: ServerProcessOptions) => {
  serve(options).catch((error: unknown) => {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  });
});

async function serve(options: ServerProcessOptions): Promise<void> {
  const engine = await openEngine(join(options.dataDir, "data"));
  const spoolDirectory = join(options.dataDir, "spool");
  const spool = await Spool.open(spoolDirectory);
  const server = createEndpoint({ engine, spool, pipes: new OutputPipes(spoolDirectory) }, options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    engine.close();
    throw error.code === "EADDRINUSE"
      ? new Error(
          `Port ${options.port} on ${options.host} is already in use: stop the program that listens there or choose another port for ClickHouse.`,
        )
      : error;
  });
  process.on("SIGTERM", () => {
    server.close(() => {
      engine.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
  const address = server.address();
  tell({ kind: "listening", port: typeof address === "object" && address ? address.port : options.port });
}

function tell(message: ServerProcessMessage): void {
  process.send?.(message);
}
