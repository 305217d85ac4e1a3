import { type Code, UNREADABLE } from "../elements/code.ts"
import { isObject, type Json } from "../json.ts"
import { anyOf, CODED, type Fit } from "./fit.ts"
import {
  confidentialityRank,
  isPurpose,
  isSensitivity,
  isSensitivityUnder,
  NORMAL,
  RESTRICTED,
  RETIRED_SENSITIVITIES,
} from "./hierarchies.ts"
import { spelled } from "./spelling.ts"
import { isSameCode, isSystem, systemName } from "./systems.ts"

/**
 * Security labels (hl7.org/fhir/R4/security-labels.html; R4 Consent.provision.securityLabel: "applies to all resources
 * that are labeled R or lower ... a high water mark; for other kinds of labels, subsumption logic applies").
 */
interface Labels {
  /** The highest; undefined: none is named. */
  readonly rank: number | undefined
  readonly sensitivities: readonly string[]
  readonly others: readonly Code[]
  readonly hasUnknown: boolean
}

/** Of more other labels than these the record is not understood. */
const MAX_OTHERS = 50

function sorted(labels: readonly Code[]): Labels {
  let rank: number | undefined
  const sensitivities = new Set<string>()
  const others: Code[] = []
  let hasUnknown = false
  for (const label of labels) {
    const { code } = label
    const isConfidentiality = isSystem(label, "hl7/v3-confidentiality")
    if (code === UNREADABLE.code) hasUnknown = true
    else if (isConfidentiality && confidentialityRank(code) >= 0)
      rank = Math.max(rank ?? 0, confidentialityRank(code))
    else if (isConfidentiality && RETIRED_SENSITIVITIES.has(code)) sensitivities.add(code)
    else if (isSystem(label, "hl7/v3-actcode") && isSensitivity(code)) sensitivities.add(code)
    // A purpose, such as HTEST for test data, says nothing of how confidential it is.
    else if (label.system !== undefined && isSystem(label, "hl7/v3-actreason") && isPurpose(code)) continue
    else if ((isConfidentiality && label.system !== undefined) || others.length === MAX_OTHERS)
      hasUnknown = true
    else others.push(label)
  }
  return { rank, sensitivities: [...sensitivities], others, hasUnknown }
}

const sortedOnce = new WeakMap<readonly Code[], Labels>()
/** A record's labels are asked for by each criterion. */
function sortedFound(labels: readonly Code[]): Labels {
  const known = sortedOnce.get(labels) ?? sorted(labels)
  sortedOnce.set(labels, known)
  return known
}

/** What is labelled as sensitive counts as restricted, whatever else it says; what is not labelled as normal. */
const height = ({ rank, sensitivities }: Labels): number =>
  Math.max(rank ?? NORMAL, sensitivities.length > 0 ? RESTRICTED : 0)

export function labelsFit(criteria: Json, found: readonly Code[], isPermit: boolean): Fit {
  if (!Array.isArray(criteria) || criteria.length === 0) return "unsure"
  const wanted = criteria.flatMap((one) => toCode(one) ?? [])
  const isWhole = wanted.length === criteria.length
  if (isPermit) return isWhole ? permitFits(sorted(wanted), sortedFound(found)) : "unsure"
  const fit = anyOf(wanted, (one) => denialFits(sorted([one]), sortedFound(found)))
  return fit === "no" && !isWhole ? "unsure" : fit
}

/**
 * All that a permit names limits it: the record is at most as confidential, and each of its sensitivities is one of
 * the named. A permit that names no sensitivity opens sensitive records only as restricted ones.
 */
function permitFits(wanted: Labels, found: Labels): Fit {
  if (wanted.hasUnknown || found.hasUnknown) return "unsure"
  const { others, sensitivities } = found
  const isNamed = (code: string) => wanted.sensitivities.some((top) => isSensitivityUnder(code, top))
  const known = others.filter((other) => wanted.others.some((one) => isSameCode(one, other)))
  if (known.length < others.length) return "unsure"
  if (wanted.sensitivities.length + wanted.others.length === 0)
    return height(found) <= (wanted.rank ?? -1) ? "yes" : "no"
  const isOne = sensitivities.some(isNamed) || known.length > 0
  const isLow = wanted.rank === undefined || (found.rank ?? NORMAL) <= wanted.rank
  return isOne && isLow && sensitivities.every(isNamed) ? "yes" : "no"
}

/**
 * One label of a denial: it holds for what is as confidential or more, for what may be as sensitive, and for what has a
 * label that is not understood: of another system, in another spelling, in words.
 */
function denialFits(wanted: Labels, found: Labels): Fit {
  if (wanted.hasUnknown) return "unsure"
  const isUnclear = found.hasUnknown || found.others.length > 0
  if (wanted.rank !== undefined) return height(found) >= wanted.rank ? "yes" : isUnclear ? "unsure" : "no"
  const [top] = wanted.sensitivities
  if (top !== undefined) {
    if (found.sensitivities.some((code) => isSensitivityUnder(code, top))) return "yes"
    return isUnclear || found.sensitivities.some((code) => isSensitivityUnder(top, code)) ? "unsure" : "no"
  }
  const [other] = wanted.others
  if (other === undefined) return "no"
  if (found.others.some((one) => one.code === other.code)) return "yes"
  return isUnclear ? "unsure" : otherFits(other, found)
}

/** A label of a denial that this table does not place, for a record whose own labels it does. */
function otherFits({ system, code }: Code, found: Labels): Fit {
  const known = sorted([{ code: code.trim().toUpperCase() }])
  if (known.others.length === 0) return denialFits(known, found) === "no" ? "no" : "unsure"
  const meant = spelled(code)
  if (meant === undefined) return "unsure"
  const likely = sorted([{ code: meant.toUpperCase() }])
  if (likely.others.length === 0 && denialFits(likely, found) !== "no") return "unsure"
  if (system === undefined) return "unsure"
  // It may be above or under one that the record has.
  const isLabelled = found.rank !== undefined || found.sensitivities.length > 0
  return isLabelled && systemName(system).startsWith("hl7/") ? "unsure" : "no"
}

function toCode(value: Json): Code | undefined {
  if (!isObject(value) || typeof value.code !== "string") return undefined
  if (!Object.keys(value).every((name) => CODED.has(name))) return undefined
  const { system, code } = value
  if (system === undefined) return { code }
  return typeof system === "string" ? { system, code } : undefined
}
