import type { Meaning } from "./identifier-meaning.ts"

/**
 * What the types of HL7 table 0203 (terminology.hl7.org/CodeSystem/v2-0203) say about whose number it is. A code
 * that is not listed says nothing: it is of accounts, visits, specimens, organisations, or differs by country
 * (SB, MC, MA, HC, TAX).
 */
export const byType: Readonly<Record<string, Meaning>> = {
  // Given to one person by one authority, and not given again.
  NI: "unique", // national unique individual identifier; so is NNxxx, by country (see meaningOfType)
  SS: "unique", // social security number
  JHN: "unique", // jurisdictional health number
  MR: "unique", // medical record number: unique in its system, as the next three are
  PI: "unique", // patient internal identifier
  PE: "unique", // living subject enterprise number
  PN: "unique", // person number
  // Documents that are renewed under other numbers and given to others after that, or copied wrongly.
  DL: "shared", // driver's licence
  PPN: "shared", // passport
  DP: "shared", // diplomatic passport
  PRC: "shared", // permanent resident card
  WP: "shared", // work permit
  VS: "shared", // visa
  MCT: "shared", // marriage certificate: two people's
  BCT: "shared", // birth certificate, its file and registry number: also on the papers of the parents
  BCFN: "shared",
  BR: "shared",
  // A family's or an employer's.
  MB: "shared", // member number of an insurance
  SN: "shared", // subscriber number
  XV: "shared", // health plan
  NH: "shared", // national health plan
  NIIP: "shared", // national insurance payor
  GI: "shared", // guarantor
  GN: "shared",
  AN: "shared", // accounts
  ANC: "shared",
  AND: "shared",
  BA: "shared", // bank account and cards
  BC: "shared",
  AM: "shared",
  DI: "shared",
  DS: "shared",
  MS: "shared",
  MI: "shared", // military: the sponsor's, for the family as well
  RR: "shared", // railroad retirement: the same
  WC: "shared", // WIC, workers' compensation: a household's, a case's
  WCN: "shared",
  EI: "shared", // employee and employer numbers, given again
  EN: "shared",
  PC: "shared", // parole card, prison number
  PCN: "shared",
  // Temporary, and given again.
  MRT: "shared",
  PNT: "shared",
  ANT: "shared",
  // Licences and registrations to practise, which are no patient's number.
  LN: "shared",
  SL: "shared",
  MD: "shared",
  DN: "shared",
  RN: "shared",
  NPI: "shared",
  DEA: "shared",
  // A visit or an order, not a person.
  VN: "shared",
  PLAC: "shared",
  FILL: "shared",
  ACSN: "shared",
}

/**
 * Systems that are known everywhere: HL7's registered identifier systems (hl7.org/fhir/identifier-registry.html)
 * and the national ones by their published URIs and OIDs. What they mean goes before an identifier's own type.
 */
export const bySystem: Readonly<Record<string, Meaning>> = {
  "http://hl7.org/fhir/sid/us-ssn": "unique",
  "urn:oid:2.16.840.1.113883.4.1": "unique", // the same
  "http://hl7.org/fhir/sid/us-mbi": "unique", // drawn at random per person since 2018
  "http://hl7.org/fhir/sid/us-medicare": "shared", // before that: the worker's number, for wife and children too
  "https://fhir.nhs.uk/Id/nhs-number": "unique",
  "urn:oid:2.16.840.1.113883.2.1.4.1": "unique", // the same
  "http://ns.electronichealth.net.au/id/hi/ihi/1.0": "unique",
  "http://ns.electronichealth.net.au/id/medicare-number": "shared", // one card for a family
  "http://fhir.nl/fhir/NamingSystem/bsn": "unique",
  "urn:oid:2.16.840.1.113883.2.4.6.3": "unique", // the same
  "http://fhir.de/sid/gkv/kvid-10": "unique",
  "http://fhir.de/NamingSystem/gkv/kvid-10": "unique",
  "urn:oid:1.2.208.176.1.2": "unique", // Denmark, CPR
  "urn:oid:1.2.246.21": "unique", // Finland
  "urn:oid:2.16.578.1.12.4.1.4.1": "unique", // Norway, national identity number
  "urn:oid:1.2.752.129.2.1.3.1": "unique", // Sweden
  "http://electronichealth.se/identifier/personnummer": "unique",
  "urn:oid:2.16.756.5.32": "unique", // Switzerland, AHV
  "urn:oid:2.16.156.10011.1.3": "unique", // China, resident identity number (GB 11643)
  "http://hl7.org/fhir/sid/us-npi": "shared", // practitioners and organisations
}

/** Families of systems. */
export const bySystemPattern: readonly (readonly [RegExp, Meaning])[] = [
  [/^http:\/\/hl7\.org\/fhir\/sid\/passport-[A-Z]{3}$/, "shared"],
  [/^urn:oid:2\.16\.840\.1\.113883\.4\.3\.\d+$/, "shared"], // driver's licences of the states of the USA
  [/^urn:oid:2\.16\.840\.1\.113883\.4\.330\.\d+$/, "shared"], // passports by country
]

const DIGITS_9 = /^\d{9}$/
const DIGITS_10 = /^\d{10}$/
const DIGITS_11 = /^\d{11}$/

/**
 * Systems whose numbers have one length, so that separators say nothing: what the bare number looks like. Elsewhere
 * `1-23` and `12-3` may be two people's. Not here: Finland and Sweden, where the sign tells the century.
 */
export const withoutSeparators: Readonly<Record<string, RegExp>> = {
  "http://hl7.org/fhir/sid/us-ssn": DIGITS_9,
  "urn:oid:2.16.840.1.113883.4.1": DIGITS_9,
  "http://hl7.org/fhir/sid/us-mbi": /^[A-Z0-9]{11}$/,
  "https://fhir.nhs.uk/Id/nhs-number": DIGITS_10,
  "urn:oid:2.16.840.1.113883.2.1.4.1": DIGITS_10,
  "http://ns.electronichealth.net.au/id/hi/ihi/1.0": /^\d{16}$/,
  "http://fhir.nl/fhir/NamingSystem/bsn": DIGITS_9,
  "urn:oid:2.16.840.1.113883.2.4.6.3": DIGITS_9,
  "http://fhir.de/sid/gkv/kvid-10": /^[A-Z]\d{9}$/,
  "http://fhir.de/NamingSystem/gkv/kvid-10": /^[A-Z]\d{9}$/,
  "urn:oid:1.2.208.176.1.2": DIGITS_10, // Denmark
  "urn:oid:2.16.578.1.12.4.1.4.1": DIGITS_11, // Norway
  "urn:oid:2.16.756.5.32": /^\d{13}$/, // Switzerland
  "urn:oid:2.16.156.10011.1.3": /^\d{17}[0-9X]$/, // China
}
