import { computed, type Ref, shallowRef, watch } from "vue"
import { useI18n } from "vue-i18n"
import type { Session } from "../session/session.ts"
import { areas } from "./areas.ts"

type Asked = Session<{ active: () => Promise<readonly string[]> }>

/** Links of all areas to whose pages the session can go: of capabilities those that the ledger has active. */
export function useLinks(session: Readonly<Ref<unknown>>, who: "patient" | "staff") {
  const { t } = useI18n()
  const active = shallowRef<readonly string[]>([])
  watch(session, async (now) => {
    active.value = now ? await (now as Asked).call("active", []).catch(() => []) : []
  })
  return computed(() =>
    session.value
      ? areas
          .filter(({ needs }) => needs === undefined || active.value.includes(needs))
          .flatMap((area) => area[who]?.links ?? [])
          .map(({ to, text }) => ({ to, text: t(text) }))
      : [],
  )
}
