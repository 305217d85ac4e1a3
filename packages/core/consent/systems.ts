import type { Code } from "../elements/code.ts"
import { v3Oids } from "../elements/r4.ts"

/**
 * One name for each code system, however a document or a record spells it: by today's address, that of earlier
 * versions of FHIR, or its object identifier (hl7.org/fhir/R4/terminologies-systems.html).
 */
const spellings: Readonly<Record<string, readonly string[]>> = {
  loinc: ["http://loinc.org", "2.16.840.1.113883.6.1"],
  snomed: [
    "http://snomed.info/sct",
    "http://snomed.info/id",
    "http://ihtsdo.org/snomed-ct",
    "2.16.840.1.113883.6.96",
  ],
  rxnorm: ["http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88"],
  ucum: ["http://unitsofmeasure.org", "2.16.840.1.113883.6.8"],
  ndc: ["http://hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69"],
  cvx: ["http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292", "2.16.840.1.113883.6.59"],
  mvx: ["http://hl7.org/fhir/sid/mvx", "2.16.840.1.113883.12.227"],
  "icd-10": ["http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3"],
  "icd-10-cm": [
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://hl7.org/fhir/sid/icd-10-us",
    "2.16.840.1.113883.6.90",
  ],
  "icd-10-pcs": [
    "http://www.cms.gov/medicare/coding/icd10",
    "http://hl7.org/fhir/sid/icd-10-pcs",
    "2.16.840.1.113883.6.4",
  ],
  "icd-9-cm": [
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://hl7.org/fhir/sid/icd-9-cm/diagnosis",
    "2.16.840.1.113883.6.42",
    "2.16.840.1.113883.6.103",
  ],
  "icd-9-cm-procedures": ["http://hl7.org/fhir/sid/icd-9-cm/procedure", "2.16.840.1.113883.6.104"],
  "icpc-2": ["http://hl7.org/fhir/sid/icpc-2", "2.16.840.1.113883.6.139"],
  cpt: ["http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12"],
  hcpcs: [
    "http://terminology.hl7.org/codesystem/hcpcs-all-codes",
    "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets",
    "2.16.840.1.113883.6.285",
    "2.16.840.1.113883.6.14",
  ],
  atc: ["http://www.whocc.no/atc", "2.16.840.1.113883.6.73"],
  unii: ["http://fdasis.nlm.nih.gov", "2.16.840.1.113883.4.9"],
  "nci-thesaurus": ["http://ncithesaurus-stage.nci.nih.gov", "2.16.840.1.113883.3.26.1.1"],
  mime: ["urn:ietf:bcp:13"],
  language: ["urn:ietf:bcp:47"],
}

/** Longer than any in use (characters): what is longer is compared as it stands, and means nothing. */
const MAX_SYSTEM_LENGTH = 300
export const MAX_CODE_LENGTH = 400
/** A code, or an identifier's value, of more systems than these may be of any. */
export const MAX_SYSTEMS = 64

const HL7_OID = "2.16.840.1.113883."
const names = new Map<string, string>()
for (const [name, all] of Object.entries(spellings)) for (const one of all) names.set(plain(one), name)
for (const [end, name] of Object.entries(v3Oids)) names.set(HL7_OID + end, `hl7/${name.toLowerCase()}`)

/** Without what makes no difference: scheme, case, a slash at the end, a version. */
function plain(system: string): string {
  let [text = ""] = system.trim().toLowerCase().split("|", 1)
  for (const start of ["urn:oid:", "http://", "https://", "www."])
    if (text.startsWith(start)) text = text.slice(start.length)
  let end = text.length
  while (text[end - 1] === "/") end--
  return text.slice(0, end)
}

/** FHIR's own: hl7.org/fhir/v3/X and hl7.org/fhir/X of earlier versions are terminology.hl7.org/CodeSystem/(v3-)X now. */
const HL7 = /^(?:hl7\.org\/fhir|terminology\.hl7\.org(?:\/codesystem)?)\/((?:v[23][/-])?[a-z0-9./_-]+)$/
const cache = new Map<string, string>()
/** Systems come from records; no more of them are remembered. */
const MAX_CACHED = 1_000

/** The system's one name; a system that this table does not have keeps its own. */
export function systemName(system: string): string {
  if (system.length > MAX_SYSTEM_LENGTH) return `?${system}`
  const known = cache.get(system)
  if (known !== undefined) return known
  const text = plain(system)
  const hl7 = HL7.exec(text)?.[1]?.replace(/^(v[23])\//, "$1-")
  const name = names.get(text) ?? (hl7 === undefined ? `?${text}` : `hl7/${hl7}`)
  if (cache.size < MAX_CACHED) cache.set(system, name)
  return name
}

/** Two names that are surely two systems: both are in the table, or both are addresses of FHIR's own systems. */
export const areApart = (a: string, b: string): boolean =>
  a !== b && ((isListed(a) && isListed(b) && !(isIcd10(a) && isIcd10(b))) || (isOwn(a) && isOwn(b)))
const listed = new Set(names.values())
const isListed = (name: string) => listed.has(name)
const isOwn = (name: string) =>
  name.startsWith("hl7/") && !name.includes("valueset") && !name.startsWith("hl7/sid/")
/** Its editions share their codes. */
const isIcd10 = (name: string) => name.startsWith("icd-10")

export const isSystem = ({ system }: { readonly system?: string }, name: string): boolean =>
  system === undefined || systemName(system) === name

/** Whether a permit's code is the one found; without a system it is of any. */
export const isSameCode = (wanted: Code, found: Code): boolean =>
  wanted.code === found.code &&
  wanted.code.length <= MAX_CODE_LENGTH &&
  (wanted.system === undefined ||
    (found.system !== undefined && systemName(wanted.system) === systemName(found.system)))

/** The name by which a code is looked up: one of those of the code found, exactly where `isSameCode`. */
export const nameOfWanted = ({ system, code }: Code): readonly string[] =>
  system === undefined ? [code] : [code, systemName(system)]

/** All names by which a code that a record has is looked up. */
export function namesOfFound({ system, code }: Code): readonly (readonly string[])[] {
  if (code.length > MAX_CODE_LENGTH) return []
  return system === undefined ? [[code]] : [[code], [code, systemName(system)]]
}
