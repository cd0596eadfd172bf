import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { RunningServer } from "./running-server.ts";

/**
 * Waits for the parent's death: `read` fails at the end of the pipe, which comes in every case, SIGKILL of the parent included.
 * A line on the pipe means that the server has already ended and its id may belong to somebody else by now.
 */
const watchdogScript = `
trap '' INT TERM HUP
read -r line && exit 0
kill -TERM "$1" 2>/dev/null
i=0
while [ $i -lt 100 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; i=$((i+1)); done
kill -KILL "$1" 2>/dev/null
`;

/**
 * Turns a freshly spawned process into a server that can be stopped and that never outlives this process.
 *
 * The child must have been spawned with `detached: true`, so that Ctrl-C on a terminal reaches this process alone and it decides the order in which
 * servers end. A shell of about 1 MB then watches over the child from outside, because a process that is killed with SIGKILL can no longer clean up.
 *
 * @param deadlineMs how long `stop()` waits after SIGTERM before it sends SIGKILL
 */
export function superviseChild(child: ChildProcess, deadlineMs: number): Pick<RunningServer, "stop" | "kill" | "exited"> {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
  watchOver(child, exited);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    await exited;
    clearTimeout(timer);
  };
  return { stop, exited, kill: () => void child.kill("SIGKILL") };
}

function watchOver(child: ChildProcess, exited: Promise<void>): void {
  const watchdog = spawn("/bin/sh", ["-c", watchdogScript, "watchdog", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.on("error", () => child.kill("SIGKILL"));
  watchdog.stdin.on("error", () => undefined);
  watchdog.unref();
  void exited.then(() => watchdog.stdin.end("ended\n"));
}

/** Resolves with the child's id once the operating system has started it; rejects with the system's error if it could not. */
export async function whenSpawned(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) await once(child, "spawn");
  if (child.pid === undefined) throw new Error("The process did not start.");
  return child.pid;
}
