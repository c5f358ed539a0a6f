/** Dark, light, or as the system has it; kept in this browser. */
import { createStore } from "./store.ts";

export const themes = ["system", "dark", "light"] as const;
export type Theme = (typeof themes)[number];

const place = "signalbox-theme";

export const theme = createStore<Theme>(kept());

/** Wears the theme, now and when it is changed. */
export function wearTheme(): void {
  const wear = () => {
    const chosen = theme.get();
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem(place, chosen);
    } catch {
      // A browser that keeps nothing shows what was chosen until the page is closed.
    }
  };
  wear();
  theme.subscribe(wear);
}

/** The next of system, dark, light. */
export function nextTheme(): void {
  theme.set(themes[(themes.indexOf(theme.get()) + 1) % themes.length] ?? "system");
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(place);
    return themes.find((name) => name === found) ?? "system";
  } catch {
    return "system";
  }
}
