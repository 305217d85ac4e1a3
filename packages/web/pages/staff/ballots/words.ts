import { abilitiesOf, type MemberKind } from "@aceso/core/member.ts"
import { useMoments } from "../../../kit/moments.ts"
import type { ShownChange } from "../../../session/staff/ballots.ts"
import { useI18n } from "../../../texts/i18n.ts"
import { useContractWords } from "../../ledger/contract-words.ts"

/** So much of an id stands in a title; the whole of it stands among the fields. */
const BEGINNING = 16
const beginningOf = (id: string | undefined) => id && `${id.slice(0, BEGINNING)}…`

/** One field of a change, whole. `isCode`: digits that people compare one by one. */
export interface ShownField {
  readonly name: string
  readonly label: string
  readonly text: string
  readonly isCode: boolean
}
const CODES: ReadonlySet<string> = new Set(["key", "proof", "case", "sources", "build"])
/** Who, what, and by which keys and hashes; what is not among them comes last. */
const ORDER = [
  "member",
  "name",
  "kind",
  "abilities",
  "licence",
  "until",
  "url",
  "contract",
  "action",
  "version",
  "height",
]
const placeOf = (name: string): number => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1)
/** Fields whose values have words. */
const WORDS: Readonly<Record<string, string>> = { kind: "network.kind", licence: "change.licence" }
const TIMES: ReadonlySet<string> = new Set(["until", "compromisedAt"])

/** A change of the network in words. @param nameOf what an organisation is called */
export function useChangeWords(nameOf: (member: string) => string) {
  const { t, te, locale } = useI18n()
  const { day, moment, number } = useMoments()
  const { titleOf } = useContractWords()
  const listed = (all: readonly string[]) => all.join(locale.value === "zh" ? "、" : ", ")
  const abilitiesText = (all: readonly string[]): string =>
    all.length === 0 ? t("change.nothing") : listed(all.map((one) => t(`change.ability.${one}`)))

  function named(change: ShownChange) {
    const { member, name, kind, abilities, licence, until, url, contract, action } = change
    return {
      // Of an organisation that is not there yet the name is its own.
      ...{ member: change.do === "admit" ? member : nameOf(member ?? ""), name, url, contract },
      kind: kind === undefined ? "" : t(`network.kind.${kind}`),
      abilities: abilitiesText(abilities ?? abilitiesOf((kind ?? "") as MemberKind)),
      licence: licence === undefined ? "" : t(`change.licence.${licence}`),
      until: until === undefined ? "" : t("change.untilWhen", { time: day(until) }),
      action: contract === undefined || action === undefined ? "" : `${contract}.${action}`,
      version: change.version,
      height: number(change.height ?? 0),
      case: beginningOf(change.case),
      build: beginningOf(change.build),
      compromised:
        change.compromisedAt === undefined
          ? ""
          : t("change.compromisedSince", { time: day(change.compromisedAt) }),
    }
  }
  function textOf(name: string, value: unknown): string {
    if (typeof value === "number") return TIMES.has(name) ? moment(value) : number(value)
    if (Array.isArray(value) && value.every((one) => typeof one === "string"))
      return name === "abilities" ? abilitiesText(value) : listed(value)
    if (typeof value !== "string") return JSON.stringify(value)
    const worded = WORDS[name]
    return worded !== undefined && te(`${worded}.${value}`) ? t(`${worded}.${value}`) : value
  }
  return {
    /** Every field that the change has, also those that this page does not know. */
    fieldsOf: ({ do: _kind, ...rest }: ShownChange): readonly ShownField[] =>
      Object.entries(rest)
        .sort(([a], [b]) => placeOf(a) - placeOf(b))
        .map(([name, value]) => ({
          ...{ name, label: te(`change.field.${name}`) ? t(`change.field.${name}`) : name },
          ...{ text: textOf(name, value), isCode: CODES.has(name) },
        })),
    titleOf: (change: ShownChange): string =>
      te(`change.title.${change.do}`)
        ? t(`change.title.${change.do}`, named(change))
        : t("change.unknown", { what: change.do }),
    effectOf: (change: ShownChange): string | undefined =>
      te(`change.effect.${change.do}`) ? t(`change.effect.${change.do}`, named(change)) : undefined,
    /** What the action is that is switched off or on. */
    actionOf: ({ contract, action }: ShownChange): string | undefined =>
      contract !== undefined && action !== undefined ? titleOf(contract, action) : undefined,
  }
}
