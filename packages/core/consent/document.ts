import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { isPurposeUnder } from "./hierarchies.ts"
import { type AccessQuery, hasBegun } from "./requester.ts"
import { sizeOf } from "./size.ts"
import { spelled } from "./spelling.ts"
import { areApart, systemName } from "./systems.ts"

/** A document of a policy as far as it does not depend on who asks. */
export interface ReadConsent {
  readonly document: JsonObject
  readonly provision: JsonObject
  /** How many criteria it has. */
  readonly size: number
  /** It says nothing: a draft, or over. */
  readonly isSilent: boolean
  /** Whether the rest of it is understood, so that it may permit for this purpose at this time. */
  readonly mayPermit: (query: AccessQuery) => boolean
  /** R4 Consent.policyRule: what is not excepted is denied. */
  readonly isOptOut: boolean
}

/** Statuses under which a document says nothing; an unknown one cannot permit but still denies. */
const SILENT = new Set(["draft", "proposed", "rejected", "inactive", "entered-in-error"])

/**
 * R4 Consent's own elements. `patient` and `performer` are not compared: a policy lies under its handle, and the handle's
 * key signs it. An extension that is no modifier may be passed over (hl7.org/fhir/R4/extensibility.html).
 */
const ELEMENTS = new Set([
  ...["resourceType", "id", "meta", "language", "text", "contained", "extension", "identifier", "status"],
  ...["scope", "category", "patient", "dateTime", "performer", "organization", "sourceAttachment"],
  ...["sourceReference", "policy", "policyRule", "verification", "provision"],
])

export function readConsent(consent: JsonObject & { provision: JsonObject }): ReadConsent {
  const { status, provision, dateTime } = consent
  const isPlain =
    status === "active" &&
    Object.keys(consent).every((name) => ELEMENTS.has(name)) &&
    !hasModifier(consent) &&
    isVerified(consent.verification) &&
    isPolicyList(consent.policy)
  const uses = isPlain ? purposesOf(consent) : []
  return {
    document: consent,
    provision,
    size: sizeOf(provision),
    isSilent: typeof status === "string" && SILENT.has(status),
    isOptOut: codesIn(consent.policyRule).some(
      ({ name, code }) =>
        (name === "" || !areApart(name, ACT_CODE)) && OPT_OUT.has(spelled(code)?.toUpperCase() ?? ""),
    ),
    mayPermit: ({ purpose, time }) =>
      uses.length > 0 && uses.every((top) => isPurposeUnder(purpose, top)) && hasBegun(dateTime, time),
  }
}

const ANY = "PurposeOfUse"
const ACT_CODE = "hl7/v3-actcode"
const OPT_OUT = new Set(["OPTOUT", "OPTOUTE"])

/** For which purposes a known code lets a document permit; null: for none. */
type Known = ReadonlyMap<string, string | null>
const known = (name: string, uses: Readonly<Record<string, string | null>>): [string, string | null][] =>
  Object.entries(uses).map(([code, use]) => [`${name}|${code}`, use])

/** terminology.hl7.org/CodeSystem/consentscope. Research and treatment count where the provision says so too. */
const scopes: Known = new Map(
  known("hl7/consentscope", { "patient-privacy": ANY, research: "HRESCH", treatment: "TREAT", adr: null }),
)

/** R4's value set consent-category, with LOINC's consent documents and v3-ActCode's ActConsentType. */
const categories: Known = new Map([
  ...known("loinc", { "59284-0": ANY, "57016-8": ANY, "57017-6": ANY, "64292-6": ANY }),
  ...known("hl7/consentcategorycodes", {
    ...{ research: "HRESCH", rsdid: "HRESCH", rsreid: "HRESCH", emrgonly: "ETREAT" },
    ...{ acd: null, dnr: null, hcd: null, npp: null, polst: null },
  }),
  ...known(ACT_CODE, {
    ...{ IDSCL: ANY, INFA: ANY, INFAO: ANY, INFASO: ANY, IRDSCL: ANY },
    ...{ RESEARCH: "HRESCH", RSDID: "HRESCH", RSREID: "HRESCH", ICOL: null },
  }),
])

/** v3-ActCode's ActConsentDirective. An opt-out without exceptions permits nothing. */
const rules: Known = new Map(
  known(ACT_CODE, { OPTIN: ANY, OPTINR: ANY, OPTOUTE: ANY, EMRGONLY: "ETREAT", OPTOUT: null, NOPP: null }),
)

/** What each of scope, categories and rule lets the document permit; empty: nothing. */
function purposesOf({ scope, category, policyRule, provision }: JsonObject): readonly string[] {
  if (category !== undefined && (!Array.isArray(category) || category.length === 0)) return []
  const uses = [
    ...(scope === undefined ? [] : [useOf(scope, scopes)]),
    ...(Array.isArray(category) ? category.map((one) => useOf(one, categories)) : []),
    ...(policyRule === undefined ? [] : [useOf(policyRule, rules)]),
  ]
  if (uses.includes(null)) return []
  const names = [ANY, ...uses.filter((use) => use !== null)]
  const needsPurpose = names.some((use) => use !== ANY)
  return needsPurpose && !(isObject(provision) && provision.purpose !== undefined) ? [] : names
}

/** One of the concept's codes has to be known, and none of those may forbid it. */
function useOf(concept: Json, table: Known): string | null {
  if (!isObject(concept)) return null
  const uses = codesIn(concept)
    .map(({ name, code }) => table.get(`${name}|${code}`))
    .filter((use) => use !== undefined)
  if (uses.length === 0) return null
  const [use = ANY, ...others] = new Set(uses.filter((one) => one !== ANY))
  return others.length === 0 ? use : null
}

/** By the system's name; empty: none is said. */
function codesIn(concept: Json | undefined): { name: string; code: string }[] {
  if (!isObject(concept) || !Array.isArray(concept.coding)) return []
  return concept.coding.flatMap((coding) => {
    const code = isObject(coding) ? asText(coding.code) : undefined
    const system = isObject(coding) ? asText(coding.system) : undefined
    return code === undefined ? [] : [{ name: system === undefined ? "" : systemName(system), code }]
  })
}

/** hl7.org/fhir/R4/extensibility.html#modifierExtension: what carries one cannot be understood without it. */
const hasModifier = (value: Json): boolean =>
  Array.isArray(value)
    ? value.some(hasModifier)
    : isObject(value) &&
      (value.modifierExtension !== undefined ||
        value.implicitRules !== undefined ||
        Object.values(value).some(hasModifier))

/** R4 Consent.verification.verified: whoever asked the patient again was not told no. */
const isVerified = (verification: Json | undefined): boolean =>
  verification === undefined ||
  (Array.isArray(verification) && verification.every((one) => isObject(one) && one.verified === true))

/** R4 Consent.policy: the reference "does not modify or qualify the policy rules". */
const isPolicyList = (policy: Json | undefined): boolean =>
  policy === undefined ||
  (Array.isArray(policy) &&
    policy.every(
      (one) =>
        isObject(one) &&
        Object.keys(one).every((name) => ["id", "extension", "authority", "uri"].includes(name)),
    ))
