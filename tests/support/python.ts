import { spawnSync } from "node:child_process";

/**
 * A Python that has the modules: `HYDROGRAPH_TEST_PYTHON`, or `python3` of PATH.
 * @returns its program, or why there is none
 */
export function python(modules: readonly string[]): { readonly program: string } | { readonly missing: string } {
  const program = process.env["HYDROGRAPH_TEST_PYTHON"] ?? "python3";
  const { error, status, stderr } = spawnSync(program, ["-c", `import ${modules.join(", ")}`], { encoding: "utf8" });
  if (error) return { missing: `there is no ${program}: set HYDROGRAPH_TEST_PYTHON` };
  if (status === 0) return { program };
  const said = stderr.trim().split("\n").at(-1) ?? "";
  return { missing: `${program} has not all of ${modules.join(", ")} (${said}): set HYDROGRAPH_TEST_PYTHON to one that has` };
}
