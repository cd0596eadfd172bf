import { createContext } from "preact";
import { useEffect, useState } from "preact/hooks";

/** How the page looks. */
export type Theme = "light" | "dark";

/** The theme that is shown. */
export const ThemeContext = createContext<Theme>("light");

const KEY = "hydrograph-theme";

/** The theme: what was chosen in this browser, else what the system likes. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = localStorage.getItem(KEY);
  const [theme, setTheme] = useState<Theme>(chosen === "dark" || chosen === "light" ? chosen : system.matches ? "dark" : "light");
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return [
    theme,
    (next) => {
      localStorage.setItem(KEY, next);
      setTheme(next);
    },
  ];
}
