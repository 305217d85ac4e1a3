import type { ShownApplication, ShownChange } from "../../../session/staff/ballots.ts"

/** What a kind of change is filled in with. */
export type Field =
  | "application"
  | "member"
  | "abilities"
  | "licence"
  | "until"
  | "compromised"
  | "case"
  | "version"
  | "height"
  | "action"
  | "build"

export const FIELDS = {
  admit: ["application"],
  suspend: ["member"],
  reinstate: ["member"],
  setAbilities: ["member", "abilities"],
  grantLicence: ["member", "licence", "until"],
  endLicence: ["member", "licence"],
  addValidator: ["application"],
  removeValidator: ["member"],
  replaceValidator: ["application"],
  replaceKey: ["application", "compromised"],
  closeCase: ["case"],
  activate: ["version", "height"],
  disableAction: ["action"],
  enableAction: ["action"],
  releaseApp: ["build"],
  withdrawApp: ["build"],
  finish: [],
} as const satisfies Readonly<Record<string, readonly Field[]>>
export type Kind = keyof typeof FIELDS
export const KINDS = Object.keys(FIELDS) as readonly Kind[]
export const isKind = (value: unknown): value is Kind =>
  typeof value === "string" && Object.hasOwn(FIELDS, value)

export const ABILITIES = ["keepsRecords", "votes", "validates"] as const
export const LICENCES = ["treat", "contribute", "review", "handleDrugs", "runDesk", "emergency"] as const

/** A form as it is filled in. */
export interface Draft {
  application: ShownApplication | undefined
  member: string
  abilities: string[]
  licence: string
  /** The first moment behind the last day, ms. */
  until: number | undefined
  /** ms */
  compromised: number | undefined
  case: string
  /** `records@2` with the hash of its sources. */
  version: { readonly contract: string; readonly version: number; readonly sources: string } | undefined
  height: number
  /** `records.commit` */
  action: string
  build: string
}
export const emptyDraft = (): Draft => ({
  ...{ application: undefined, until: undefined, compromised: undefined, version: undefined },
  ...{ member: "", abilities: [], licence: "", case: "", height: 0, action: "", build: "" },
})

/** What stands where the form is looked at. */
export interface Around {
  /** ms */
  readonly now: number
  /** The newest block. */
  readonly height: number
  /** What the organisation has now, where it is about that. */
  readonly abilities?: readonly string[]
}
/** What an organisation would have then and has not now, and the other way round. */
export const abilitiesChanged = (now: readonly string[], then: readonly string[]) => ({
  come: then.filter((one) => !now.includes(one)),
  go: now.filter((one) => !then.includes(one)),
})
/** At least one, and not those that it has. */
function areAbilitiesBad(then: readonly string[], now: readonly string[] | undefined): boolean {
  if (then.length === 0 || now === undefined) return true
  const { come, go } = abilitiesChanged(now, then)
  return come.length + go.length === 0
}
const isHash = (value: string): boolean => /^[0-9a-f]{64}$/.test(value)

/** The first field that cannot be as it is. */
export function badField(kind: Kind, draft: Draft, { now, height, abilities }: Around): Field | undefined {
  const isBad: Readonly<Record<Field, boolean>> = {
    application: draft.application === undefined,
    member: draft.member === "",
    abilities: areAbilitiesBad(draft.abilities, abilities),
    licence: draft.licence === "",
    until: draft.until !== undefined && !(draft.until > now),
    compromised: draft.compromised !== undefined && !(draft.compromised < now),
    case: !isHash(draft.case),
    version: draft.version === undefined,
    height: !(Number.isSafeInteger(draft.height) && draft.height > height),
    action: draft.action === "",
    build: !isHash(draft.build),
  }
  return FIELDS[kind].find((field: Field) => isBad[field])
}

/** The change that a form of which no field is bad says. */
export function changeFrom(kind: Kind, draft: Draft): ShownChange {
  const { application, member, abilities, licence, until, compromised, version, height, build } = draft
  const [contract = "", action = ""] = draft.action.split(".")
  switch (kind) {
    case "admit":
      return { do: kind, ...ofApplication(application) }
    case "suspend":
    case "reinstate":
    case "removeValidator":
      return { do: kind, member }
    case "setAbilities":
      return { do: kind, member, abilities }
    case "grantLicence":
      return { do: kind, member, licence, ...(until !== undefined && { until }) }
    case "endLicence":
      return { do: kind, member, licence }
    case "addValidator":
    case "replaceValidator":
      return { do: kind, member: application?.member ?? "", ...application?.validator }
    case "replaceKey":
      return {
        ...{ do: kind, member: application?.member ?? "", key: application?.key ?? "" },
        ...(compromised !== undefined && { compromisedAt: compromised }),
      }
    case "closeCase":
      return { do: kind, case: draft.case }
    case "activate":
      return { do: kind, height, ...version }
    case "disableAction":
    case "enableAction":
      return { do: kind, contract, action }
    case "releaseApp":
    case "withdrawApp":
      return { do: kind, build }
    case "finish":
      return { do: kind }
  }
}

function ofApplication(one: ShownApplication | undefined): Omit<ShownChange, "do"> {
  if (!one) return {}
  const { member, name, kind, url, key } = one
  return { member, name, kind, url, key }
}
