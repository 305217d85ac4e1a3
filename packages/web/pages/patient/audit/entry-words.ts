import type { InsideLook } from "@aceso/client"
import { useMoments } from "../../../kit/moments.ts"
import type { ShownEntry } from "../../../session/patient/audit.ts"
import { useI18n } from "../../../texts/i18n.ts"
import { useAccessWords } from "../access/words.ts"

/** What a line of the audit says. */
export function useEntryWords() {
  const { t, te } = useI18n()
  const { moment, day } = useMoments()
  const words = useAccessWords()
  const known = (key: string, other: string): string => (te(key) ? t(key) : other)

  const timeText = ({ time }: Pick<ShownEntry, "time">): string => {
    const ms = Date.parse(time)
    return Number.isNaN(ms) ? time : moment(ms)
  }
  const delegateName = ({ delegate }: ShownEntry): string => {
    const relation = known(`audit.delegate.relation.${delegate?.relation}`, t("audit.delegate.forYou"))
    return delegate?.name === undefined
      ? t("audit.delegate.unnamed", { relation })
      : t("audit.delegate.name", { name: delegate.name, relation })
  }
  /** Who did something: the line's heading. */
  function who(one: ShownEntry): string {
    if (one.caseDocument !== undefined) return words.nameOf(one.requester)
    if (one.outcome === "inside") return t("audit.inside.who", { where: words.nameOf(one.custodian) })
    if (one.outcome === "changed") {
      if (one.delegate) return t("audit.changed.delegate", { who: delegateName(one) })
      return t(one.reason === "confirm" ? "audit.changed.desk" : "audit.changed.you")
    }
    if (one.delegate) return `${delegateName(one)} ${delegateDid(one)}`
    const { requester, role, practitionerName } = one
    return words.person({
      requester,
      role,
      ...(practitionerName !== undefined && { name: practitionerName }),
    })
  }
  function delegateDid({ reason, endedBy, delegateMay, delegateCase }: ShownEntry): string {
    if (delegateCase !== undefined) return t("audit.delegate.began")
    if (reason === "ended") {
      const ender = known(`audit.delegate.ender.${endedBy}`, "")
      return ender ? t("audit.delegate.ended", { ender }) : t("audit.delegate.endedPlain")
    }
    if (reason !== "entered") return known(`audit.delegate.did.${reason}`, reason)
    if (delegateMay === undefined) return t("audit.delegate.enteredPlain")
    const may = delegateMay.split(",").map((one) => known(`audit.delegate.may.${one}`, one))
    return t("audit.delegate.entered", { may: words.list(may) })
  }

  const types = (one: ShownEntry): string =>
    words.list(
      Object.entries(one.types).map(([type, n]) =>
        type === "?"
          ? t("audit.unknownType", { n })
          : t("audit.typeCount", { kind: words.typeText(type), n }),
      ),
    )
  /** What came of it. */
  function what(one: ShownEntry): string {
    if (one.caseDocument !== undefined) {
      const [, n, name] = one.caseDocument.split("/")
      return t("audit.sawDocument", { n, name })
    }
    if (one.outcome === "denied")
      return te(`audit.refusal.${one.reason}`)
        ? t("audit.refused", { why: t(`audit.refusal.${one.reason}`) })
        : t("audit.refusedOther", { reason: one.reason })
    if (one.attachment) return t("audit.sawAttachment")
    return one.released > 0
      ? t("audit.saw", { n: one.released, kinds: types(one) }, one.released)
      : t("audit.sawNothing")
  }
  /** What is said beside it, in small letters. */
  function also(one: ShownEntry): string[] {
    if (one.outcome !== "read" || one.attachment) return []
    const counted = (["deleted", "drugs", "withheld", "withdrawn", "notRequested", "later"] as const).flatMap(
      (name) => (one[name] > 0 ? [t(`audit.${name}`, { n: one[name] }, one[name])] : []),
    )
    return [...counted, ...(one.from > 0 ? [t("audit.since")] : [])]
  }
  /** What a change of the policy changed. */
  function changes(one: ShownEntry): string[] {
    if (one.outcome !== "changed" || one.reason === "confirm") return []
    const at = [one.custodian]
    const { change, inForce } = one
    if (change) {
      const lines = [
        ...change.added.map((each) => t("audit.changed.added", { sentence: words.sentence(each, at) })),
        ...change.removed.map((each) => t("audit.changed.removed", { sentence: words.sentence(each, at) })),
      ]
      return lines.length > 0 ? lines : [t("audit.changed.same")]
    }
    if (!inForce) return [t("audit.changed.unknown")]
    const since = inForce.map((each) => t("audit.changed.since", { sentence: words.sentence(each, at) }))
    return [t("audit.changed.unknown"), ...(since.length > 0 ? since : [t("audit.changed.nothing")])]
  }
  const why = ({ purpose }: Pick<ShownEntry, "purpose">): string =>
    t("audit.for", { why: known(`audit.askedFor.${purpose}`, purpose) })
  function verdict(one: ShownEntry): string | undefined {
    if (one.verdict === "told") return undefined
    if (one.verdict !== "allowed" && one.verdict !== "covered") return t(`audit.verdict.${one.verdict}`)
    const dates = [...new Set(one.by.flatMap(({ signedAt }) => (signedAt === null ? [] : [day(signedAt)])))]
    return dates.length > 0
      ? t(`audit.verdict.${one.verdict}`, { dates: words.list(dates) })
      : t("audit.verdict.allowedPlain")
  }
  const looker = ({ practitionerName, practitioner, role }: InsideLook): string =>
    t("audit.inside.person", { name: practitionerName ?? practitioner.slice(0, 12), role: words.role(role) })
  const lookedAt = ({ reading = "" }: InsideLook): string =>
    known(`audit.inside.at.${reading.split(" ")[0]}`, reading)
  return { ...words, looker, lookedAt, timeText, who, what, also, changes, why, verdict }
}
