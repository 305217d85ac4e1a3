import { getCurrentInstance, nextTick, ref, shallowRef } from "vue"
import { faultShown } from "../../kit/loading.ts"
import type { Fault } from "../../session/protocol.ts"
import { mistakesOf, wrongFields } from "../../session/setup.ts"
import { useI18n } from "../../texts/i18n.ts"

/** One question at a time, and what is wrong with the last one. */
export function useAsking() {
  const { t, te } = useI18n()
  const isBusy = ref(false)
  const fault = shallowRef<Fault>()
  const fields = shallowRef<readonly string[]>([])
  const mistakes = shallowRef<readonly string[]>([])

  const own = getCurrentInstance()
  /** To the first field that is wrong, else to what is said above. */
  async function toWrong(): Promise<void> {
    await nextTick()
    const place: unknown = own?.proxy?.$el
    const within = place instanceof Element ? place : place instanceof Node ? place.parentElement : null
    const to =
      within?.querySelector<HTMLElement>('[aria-invalid="true"]') ??
      within?.querySelector<HTMLElement>("[data-fault]")
    to?.focus()
  }

  /** @returns undefined: it failed, and the fault is shown */
  async function ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (isBusy.value) return undefined
    isBusy.value = true
    fault.value = undefined
    fields.value = []
    mistakes.value = []
    try {
      return await work()
    } catch (error) {
      fault.value = faultShown(error)
      fields.value = wrongFields(error)
      mistakes.value = mistakesOf(error)
      void toWrong()
      return undefined
    } finally {
      isBusy.value = false
    }
  }
  /** What is wrong with a field, in words. */
  const wrong = (field: string): string | undefined =>
    fields.value.includes(field) && te(`setup.wrong.${field}`) ? t(`setup.wrong.${field}`) : undefined
  return { isBusy, fault, fields, mistakes, ask, wrong, toWrong }
}

/** A file that is larger is not read. */
const MAX_BYTES = 512 * 1024

/** A dropped or chosen JSON file. @returns undefined: it is none, or too large */
export async function jsonIn(file: File): Promise<unknown> {
  if (file.size > MAX_BYTES) return undefined
  try {
    return JSON.parse(await file.text())
  } catch {
    return undefined
  }
}

/** A hash in numbered groups of four digits, as it is read out. */
export const groupsOf = (hash: string): readonly string[] => hash.match(/.{4}/g) ?? []
