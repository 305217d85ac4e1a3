/// <reference lib="webworker" />
import { type KeptLanguage, keptLanguage } from "./kept-language.ts"

/** What is said on a locked screen: nothing that tells of whom, by whom or of what. */
const WORDS: Readonly<Record<KeptLanguage, { readonly title: string; readonly body: string }>> = {
  en: { title: "Aceso", body: "There is something new in your health records." },
  zh: { title: "Aceso", body: "您的健康记录有新的内容。" },
}
/** Of several there is one to be seen. */
const TAG = "aceso-notice"

/**
 * Notices of the app's operator (docs/decisions/0049). A message has no content, and whatever one has is not looked at:
 * nobody was given the keys to write any.
 */
export function addNoticeHandlers(self: ServiceWorkerGlobalScope): void {
  self.addEventListener("push", (event) => event.waitUntil(show(self)))
  self.addEventListener("notificationclick", (event) => {
    event.notification.close()
    event.waitUntil(open(self))
  })
}

async function show({ registration }: ServiceWorkerGlobalScope): Promise<void> {
  const language = await keptLanguage()
  const { title, body } = WORDS[language]
  await registration.showNotification(title, { body, tag: TAG, lang: language === "zh" ? "zh-CN" : "en" })
}

/** A page of the app that is open already comes to the front. */
async function open({ clients }: ServiceWorkerGlobalScope): Promise<void> {
  const all = await clients.matchAll({ type: "window", includeUncontrolled: true })
  const own = all.find(({ url }) => new URL(url).pathname === "/")
  if (own) await own.focus()
  else await clients.openWindow("/")
}
