import pino, { type Logger } from "pino";
import type { Terminal } from "./terminal.ts";

/** A log for long-running commands: short lines where somebody watches, JSON (one object a line) where a program collects. Both on stderr. */
export function createLogger(terminal: Terminal, level: "debug" | "info" | "warn"): Logger {
  if (!terminal.interactive)
    return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
  return pino({ level, base: null }, { write: (line) => terminal.note(shortLine(line, terminal)) });
}

const LEVELS: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };

function shortLine(line: string, terminal: Terminal): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const name = LEVELS[Number(level)] ?? "info";
  const tag = Number(level) >= 50 ? terminal.paint("red", name) : Number(level) >= 40 ? terminal.paint("yellow", name) : name;
  const extras = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${terminal.paint("dim", clock)} ${tag} ${String(msg)}${extras.length > 0 ? terminal.paint("dim", `  ${extras.join(" ")}`) : ""}`;
}
