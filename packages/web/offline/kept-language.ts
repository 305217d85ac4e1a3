/** The language that was chosen, where a service worker finds it, which has no localStorage. */
const CACHE = "aceso-language"
const KEY = "/language"

export type KeptLanguage = "en" | "zh"
const isLanguage = (value: unknown): value is KeptLanguage => value === "en" || value === "zh"

/** A device without room keeps none, and says it in the browser's own. */
export async function keepLanguage(language: KeptLanguage): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(KEY, new Response(language))
  } catch {
    // Then the browser says it in its own language.
  }
}

export async function keptLanguage(): Promise<KeptLanguage> {
  const kept = await caches
    .match(KEY, { cacheName: CACHE })
    .then((found) => found?.text())
    .catch(() => undefined)
  if (isLanguage(kept)) return kept
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"
}
