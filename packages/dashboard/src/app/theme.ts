import { ValueStore } from '../registry/value-store.ts'

/** `auto`: as the system has it. */
export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'rollcall.theme'

export const theme = new ValueStore<Theme>(
  THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'auto',
)

/** Applies the theme, and remembers it. */
export function setTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen)
  theme.set(chosen)
  document.documentElement.dataset.theme = chosen
}
