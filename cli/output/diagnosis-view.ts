import { AREAS, type Finding } from "../doctor/finding.ts";
import type { Diagnosis } from "../doctor/examine.ts";
import { plural } from "./numbers.ts";
import type { Style, Terminal } from "./terminal.ts";

const STYLES: Readonly<Record<Finding["status"], Style>> = { ok: "green", warn: "yellow", fail: "red", unknown: "cyan" };
const WIDEST = "unknown".length;

/** A diagnosis for reading: the findings by area, each with its way out, then what is guaranteed, and a count. */
export function diagnosisView({ findings, guarantees }: Diagnosis, { paint }: Pick<Terminal, "paint">): string {
  const blocks = AREAS.flatMap((area) => {
    const here = findings.filter((finding) => finding.area === area);
    return here.length === 0 ? [] : [[paint("bold", area), ...here.flatMap((finding) => linesOf(finding, paint))].join("\n")];
  });
  const promises = guarantees.map(({ sentences, stream }) =>
    [paint("bold", `guaranteed of ${stream}`), ...sentences.map((sentence) => `  ${sentence}`)].join("\n"),
  );
  return `${[...blocks, ...promises, summary(findings)].join("\n\n")}\n`;
}

function linesOf({ fix, name, sentence, status }: Finding, paint: Terminal["paint"]): string[] {
  const line = `  ${paint(STYLES[status], status.padEnd(WIDEST))}  ${name}: ${sentence}`;
  return fix === undefined ? [line] : [line, `  ${" ".repeat(WIDEST)}  ${paint("dim", `fix: ${fix}`)}`];
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Finding["status"]): number => findings.filter(({ status }) => status === wanted).length;
  const failed = count("fail");
  const rest = [plural(count("warn"), "warning"), `${count("unknown")} unknown`].join(", ");
  return failed === 0 ? `No check failed: ${rest}.` : `${plural(failed, "check")} of ${findings.length} failed; ${rest}.`;
}
