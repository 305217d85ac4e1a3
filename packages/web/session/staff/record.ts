import { attachmentsOf, type NamedAttachment, saidOfVersion, versionsOf } from "@aceso/client"
import { asText, toHex } from "@aceso/core"
import { elementsOf, type ShownElement, visibleAll } from "@aceso/core/display/index.ts"
import type { Language } from "../../texts/language.ts"
import { entryIn, tongueOf } from "../language.ts"
import { type Kept, lineNamed, type ShownLine, shownLine } from "./history.ts"
import { type Corrigible, corrigibleOf } from "./writing.ts"
import { resourceOf } from "./written-forms.ts"

export interface ShownRecord {
  readonly place: string
  readonly said: ReturnType<typeof saidOfVersion>
  readonly line: ShownLine
  readonly recordId: string
  /** All versions that are shown, the newest first. */
  readonly versions: readonly ShownLine[]
  readonly elements: readonly ShownElement[]
  readonly attachments: readonly NamedAttachment[]
  readonly size: number
  /** As it was committed; absent: there is none that holds. */
  readonly json?: Uint8Array
  /** Set where it can be corrected here. */
  readonly corrigible?: Corrigible
}

/** One record, whole. */
export const recordCalls = (member: string, kept: ReadonlyMap<string, Kept>) => ({
  /** @throws PlatformError `unknown_record` */
  record: async (whose: string, place: string, language: Language): Promise<ShownRecord> => {
    const { entry: found, line, answer } = lineNamed(kept, whose, member, place)
    const [entry, tongue] = await Promise.all([entryIn(found, language), tongueOf(language)])
    const files = answer.evidence.map(({ name }) => name)
    const resource = resourceOf(line)
    const isHeld = line.status === "verified" || line.status === "withdrawn"
    const newest = versionsOf({ entry, line })[0]
    const corrigible =
      line === newest && line.custodian === member && line.status === "verified"
        ? corrigibleOf(resource, line.version)
        : undefined
    return {
      place,
      said: visibleAll(saidOfVersion({ entry, line }, resource, tongue)),
      line: shownLine(line, files),
      recordId: toHex(line.recordId),
      versions: versionsOf({ entry, line }).map((one) => shownLine(one, files)),
      elements: asText(resource.resourceType) === undefined ? [] : visibleAll(elementsOf(resource, tongue)),
      attachments: attachmentsOf(line).map(({ attachment: _attachment, ...shown }) => visibleAll(shown)),
      size: line.content?.length ?? 0,
      ...(isHeld && line.content?.length && { json: line.content }),
      ...(corrigible && { corrigible }),
    }
  },
})
