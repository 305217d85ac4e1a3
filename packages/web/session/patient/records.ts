import type { OwnRecords, PatientClient } from "@aceso/client"
import type { KeptNetwork } from "@aceso/client/kept-history.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import { PlatformError } from "@aceso/core"
import { visibleAll } from "@aceso/core/display/index.ts"
import type { Language } from "../../texts/language.ts"
import { timelineIn, tongueOf } from "../language.ts"
import type { KeptHere, Named, ShownKept } from "./kept.ts"
import type { Kept } from "./records-kept.ts"
import { linesOf, namesOf, type ShownHistory, shownHistory, shownParts } from "./records-shown.ts"

type Progress = (...progress: readonly unknown[]) => void

/** What is on this device of the own records; `kept` absent: nothing may be. */
interface Keeping extends KeptNetwork {
  readonly kept: (() => Promise<KeptHere>) | undefined
}

/** The own records. @param whole what knows more than to read them */
export const recordCalls = (client: OwnRecords, whole: () => Promise<PatientClient>, keeping: Keeping) => {
  let kept: Promise<Kept> | undefined
  const read = (onProgress: Progress = () => {}): Promise<Kept> => {
    const reading = readAll(client, onProgress, keeping)
    kept = reading
    reading.catch(() => {
      if (kept === reading) kept = undefined
    })
    return reading
  }
  const known = (onProgress?: Progress) => kept ?? read(onProgress)
  return {
    /** Of all custodians, held against the ledger; told how far it is. */
    history: async (language: Language, onProgress: Progress): Promise<ShownHistory> =>
      shownOf(await read(onProgress), language),
    /** The same as it was read last. */
    keptHistory: async (language: Language, onProgress: Progress): Promise<ShownHistory> =>
      shownOf(await known(onProgress), language),
    /** All that one version says, and all that is known of it. */
    record: async (name: string, language: Language, onProgress: Progress) => {
      const { shownRecord } = await import("./records-one.ts")
      return shownRecord(await known(onProgress), name, language)
    },
    /** It by itself, as a consent names it. @throws PlatformError `unknown_record` */
    recordAlone: async (name: string, onProgress: Progress) => {
      const { shownAlone } = await import("./records-one.ts")
      return shownAlone(await known(onProgress), name)
    },
    /** An attachment of it, compared with what the record committed to. @throws PlatformError `object_missing` */
    attachment: async (name: string, n: number) => {
      const { attachmentContent } = await import("./records-one.ts")
      return attachmentContent(client, await known(), name, n)
    },
    /** Who read a record, as the custodian's disclosure log says. */
    readers: async (name: string, onProgress: Progress) => {
      const { readersOf } = await import("./records-one.ts")
      return readersOf(await whole(), await known(), name, onProgress)
    },
    /** Values of one code and unit that were measured more than once. */
    courses: async (language: Language) => {
      const { coursesOf } = await import("./records-values.ts")
      const all = await known()
      const timeline = await timelineIn(all.history.timeline, language)
      return { ...coursesOf(all, timeline, await tongueOf(language)), ...shownParts(all) }
    },
    /** What is missing of them, and what is as this device kept it. */
    parts: async () => shownParts(await known()),
    /** What this device keeps of them. */
    keptHere: async (): Promise<ShownKept | null> => (await keeping.kept?.())?.shown() ?? null,
    /** Keeps them on this device from now on, or removes all that it has of them. @throws PlatformError `device_full` */
    keepHere: async (isOn: boolean): Promise<ShownKept | null> => {
      const here = await keeping.kept?.()
      if (!here) return null
      if (!isOn) await here.end()
      else {
        await here.begin()
        await here.keep(await known(), keeping)
      }
      return here.shown()
    },
    /** Drugs that current records mean, and that no file of a download has. */
    drugsMissing: async () => {
      const { missingDrugs } = await import("./records-download.ts")
      return visibleAll(missingDrugs(await known()))
    },
    /** The current records as they were sent; all that is not current; or where each of both comes from. */
    download: async (what: "records" | "others" | "sources") => {
      const { bundleOf, othersOf, sourcesOf } = await import("./records-download.ts")
      const all = await known()
      return what === "records"
        ? bundleOf(all)
        : what === "others"
          ? othersOf(all)
          : sourcesOf(all, Date.now())
    },
  }
}

async function shownOf({ history, nameOf, organisations }: Kept, language: Language): Promise<ShownHistory> {
  const timeline = await timelineIn(history.timeline, language)
  return shownHistory({ ...history, timeline }, nameOf, organisations, await tongueOf(language))
}

async function readAll(client: OwnRecords, onProgress: Progress, keeping: Keeping): Promise<Kept> {
  const [own, names] = await Promise.all([client.history(onProgress), organisationsOf(client)])
  const read = { history: own, organisations: names }
  // What was verified here before may be better than what is shown now.
  const { history, organisations } = own.parts.some(({ state, closed }) => state !== "matches" || closed > 0)
    ? ((await (await keeping.kept?.())?.filled(read)) ?? read)
    : read
  // Nobody waits for it: how it went is asked for (`keptHere`).
  void keepRead({ history, organisations }, keeping).catch(() => {
    // Its code could not be loaded, and whoever asks how it went learns that.
  })
  const lines = linesOf(history)
  return { history, lines, nameOf: namesOf(lines), organisations }
}

async function keepRead(named: Named, keeping: Keeping): Promise<void> {
  await (await keeping.kept?.())?.keep(named, keeping)
}

/** As the first node that answers names them. */
async function organisationsOf({ places }: OwnRecords): Promise<Record<string, string>> {
  for (const { url } of places)
    try {
      const members = await new PublicClient(url).members()
      return Object.fromEntries(members.map(({ member, name }) => [member, name]))
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
    }
  return {}
}
