import { useContext } from "preact/hooks";
import { lineColor } from "../charts/palette.ts";
import { ThemeContext } from "../state/theme.ts";

/** Names the lines of a chart by their colours; one line needs none. */
export function Legend({ labels }: { readonly labels: readonly string[] }) {
  const isDark = useContext(ThemeContext) === "dark";
  if (labels.length < 2) return null;
  return (
    <ul class="legend">
      {labels.map((label, index) => (
        <li key={label}>
          <span class="dot" style={{ background: lineColor(index, isDark) }} />
          {label}
        </li>
      ))}
    </ul>
  );
}
