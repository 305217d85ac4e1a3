import { computed, type ShallowRef, shallowRef, watch } from "vue"
import type { Area, Counting, Me, Who } from "../kit/area.ts"
import type { Session } from "../session/session.ts"
import { useI18n } from "../texts/i18n.ts"
import { useCounts } from "./patient/counts.ts"

type Asked = Session<{ active: () => Promise<readonly string[]> }>

/** Links of all areas, of staff those that are for whoever it is. */
export const linksFor = (areas: readonly Area[], who: Who, me?: Me) =>
  areas.flatMap(({ needs, [who]: part }) =>
    (part?.links ?? [])
      .filter(({ isFor }) => me === undefined || isFor === undefined || isFor(me))
      .map((link) => ({ ...link, needs })),
  )

/** Links of all areas to whose pages the session can go: of capabilities those that the ledger has active. */
export function useLinks(
  areas: readonly Area[],
  session: ShallowRef<unknown>,
  who: Who,
  me?: ShallowRef<Me | undefined>,
) {
  const { t } = useI18n()
  const active = shallowRef<readonly string[]>([])
  watch(session, async (now) => {
    active.value = now ? await (now as Asked).call("active", []).catch(() => []) : []
  })
  const counted = who === "patient" ? areas.flatMap((area) => area.patient?.links ?? []) : []
  const counts = useCounts(session as ShallowRef<Counting | undefined>, counted)
  return computed(() =>
    session.value
      ? linksFor(areas, who, me?.value)
          .filter(({ needs }) => needs === undefined || active.value.includes(needs))
          .map(({ to, text }) => ({ to, text: t(text), count: counts.value[to] }))
      : [],
  )
}
