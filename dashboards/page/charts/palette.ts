/** Colours of lines, told apart also by people who see red and green alike; each is readable on a light and on a dark ground. Source: Okabe and Ito, "Color Universal Design" (2008), darkened or lightened to a contrast of 3. */
const LIGHT = ["#0b6e99", "#d55e00", "#00875f", "#b0468c", "#8a6d00", "#4a4ac4", "#a33d2a", "#5f6b76"] as const;
const DARK = ["#56b4e9", "#ff9d4d", "#2fcf9d", "#e78ac3", "#e6c84a", "#a3a3ff", "#ff8a75", "#aab4be"] as const;

/** The colour of a line by its place. */
export function lineColor(index: number, isDark: boolean): string {
  const colors = isDark ? DARK : LIGHT;
  return colors[index % colors.length] ?? colors[0];
}

/** A colour with some of what lies under it. @param alpha from 0 to 1 */
export function translucent(color: string, alpha: number): string {
  return `${color}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0")}`;
}
