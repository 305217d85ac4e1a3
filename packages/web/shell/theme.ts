import { ref } from "vue"

export type Theme = "auto" | "light" | "dark"
const KEPT = "aceso-theme"
const kept = localStorage.getItem(KEPT)

export const theme = ref<Theme>(kept === "light" || kept === "dark" ? kept : "auto")

function apply(): void {
  if (theme.value === "auto") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
}
apply()

export function chooseTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(KEPT, next)
  apply()
}
