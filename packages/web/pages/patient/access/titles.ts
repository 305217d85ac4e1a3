import { ref, shallowRef, watch } from "vue"
import { faultShown } from "../../../kit/loading.ts"
import type { Title } from "../../../session/patient/access.ts"
import type { Fault } from "../../../session/protocol.ts"
import { useI18n } from "../../../texts/i18n.ts"

/** Titles behind a `<details>`: read once somebody unfolds it, and anew in another language. */
export function useTitles(read: (language: "en" | "zh") => Promise<readonly Title[]>) {
  const { locale: language } = useI18n()
  const titles = shallowRef<readonly Title[]>()
  const fault = ref<Fault>()
  let isUnfolded = false
  let turn = 0

  async function load(): Promise<void> {
    if (!isUnfolded || titles.value) return
    const own = ++turn
    fault.value = undefined
    try {
      const found = await read(language.value)
      if (own === turn) titles.value = found
    } catch (error) {
      if (own === turn) fault.value = faultShown(error)
    }
  }
  watch(language, () => {
    titles.value = undefined
    void load()
  })
  async function toggled(event: Event): Promise<void> {
    isUnfolded = (event.target as HTMLDetailsElement).open
    await load()
  }
  return { titles, fault, toggled }
}
