import { spawn, type ChildProcess } from "node:child_process";
import { describe, expect, it } from "vitest";
import { reportOf } from "./child-report.ts";

function child(script: string): ChildProcess {
  return spawn(process.execPath, ["-e", script], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
}

describe("reportOf", () => {
  it("brings what the process says", async () => {
    const report = { seconds: 1, cpuMicros: 2, peakMb: 3 };
    expect(await reportOf(child(`process.send(${JSON.stringify(report)}, () => process.disconnect())`), "drain")).toStrictEqual(report);
  });

  it("fails when the process ends without a word", async () => {
    await expect(reportOf(child("process.exit(3)"), "ingest")).rejects.toThrow(
      "The process that was to ingest ended before it had measured anything (exit code 3).",
    );
    await expect(reportOf(child("process.kill(process.pid, 'SIGKILL')"), "drain")).rejects.toThrow("(SIGKILL)");
  });
});
