// What search, timeline and policy need to know of a resource's content: when, what, how sensitive.

/** The spellings of a FHIR choice between points in time, as `effective[x]`. */
function choice(stem: string): string[] {
  const types = ["DateTime", "Instant", "Date", "Period.start", "Timing.event"]
  return [...types, "Timing.repeat.boundsPeriod.start", "Period.end"].map((type) => stem + type)
}

const period = ["period.start", "period.end"]

/** By type, the best element first. A type that is absent has `fallbackTimes`. */
const clinicalTimes: Readonly<Record<string, readonly string[]>> = {
  Account: ["servicePeriod.start", "servicePeriod.end"],
  AdverseEvent: ["date", "detected", "recordedDate"],
  AllergyIntolerance: ["recordedDate", ...choice("onset"), "lastOccurrence"],
  Appointment: ["start", "requestedPeriod.start", "created"],
  AppointmentResponse: ["start"],
  AuditEvent: ["recorded", ...period],
  CarePlan: [...period, "created"],
  CareTeam: period,
  ChargeItem: [...choice("occurrence"), "enteredDate"],
  Claim: ["created", "billablePeriod.start"],
  ClinicalImpression: [...choice("effective"), "date"],
  Communication: ["sent", "received"],
  CommunicationRequest: [...choice("occurrence"), "authoredOn"],
  Condition: [...choice("onset"), "recordedDate"],
  Consent: ["dateTime"],
  Contract: ["issued", "applies.start"],
  Coverage: period,
  CoverageEligibilityRequest: [...choice("serviced"), "created"],
  CoverageEligibilityResponse: [...choice("serviced"), "created"],
  DetectedIssue: choice("identified"),
  DeviceRequest: [...choice("occurrence"), "authoredOn"],
  DeviceUseStatement: [...choice("timing"), "recordedOn"],
  DiagnosticReport: [...choice("effective"), "issued"],
  DocumentReference: ["date", "context.period.start"],
  Encounter: period,
  EpisodeOfCare: period,
  ExplanationOfBenefit: ["created", "billablePeriod.start"],
  Flag: period,
  Goal: ["startDate", "statusDate"],
  GuidanceResponse: ["occurrenceDateTime"],
  ImagingStudy: ["started"],
  Immunization: ["occurrenceDateTime", "recorded"],
  MeasureReport: ["period.start", "date"],
  Media: [...choice("created"), "issued"],
  MedicationAdministration: choice("effective"),
  MedicationDispense: ["whenHandedOver", "whenPrepared"],
  MedicationRequest: ["authoredOn"],
  MedicationStatement: [...choice("effective"), "dateAsserted"],
  NutritionOrder: ["dateTime"],
  Observation: [...choice("effective"), "issued"],
  Procedure: choice("performed"),
  Provenance: [...choice("occurred"), "recorded"],
  QuestionnaireResponse: ["authored"],
  RiskAssessment: choice("occurrence"),
  Schedule: ["planningHorizon.start"],
  ServiceRequest: [...choice("occurrence"), "authoredOn"],
  Slot: ["start"],
  Specimen: ["collection.collectedDateTime", "collection.collectedPeriod.start", "receivedTime"],
  SupplyDelivery: choice("occurrence"),
  SupplyRequest: [...choice("occurrence"), "authoredOn"],
  Task: ["executionPeriod.start", "authoredOn", "lastModified"],
  VisionPrescription: ["dateWritten", "created"],
}

// No birthDate: it says nothing of when the record's facts were. No meta.lastUpdated: it is the server's.
const fallbackTimes: readonly string[] = [
  ...choice("effective"),
  ...choice("occurrence"),
  ...period,
  "date",
  "dateTime",
  "authoredOn",
  "authored",
  "issued",
  "created",
  "recordedDate",
  "recorded",
]

/** The main code, by type. A type that is absent has `code`. Categories are not a resource's subject. */
const mainCodes: Readonly<Record<string, readonly string[]>> = {
  Account: ["type"],
  AdverseEvent: ["event"],
  Appointment: ["serviceType", "appointmentType"],
  AuditEvent: ["type", "subtype"],
  BiologicallyDerivedProduct: ["productCode"],
  BodyStructure: ["morphology", "location"],
  Claim: ["type"],
  ClaimResponse: ["type"],
  Communication: ["topic"],
  Composition: ["type"],
  Contract: ["type"],
  Coverage: ["type"],
  Device: ["type"],
  DeviceDefinition: ["type"],
  DeviceMetric: ["type"],
  DeviceRequest: ["codeCodeableConcept"],
  DocumentManifest: ["type"],
  DocumentReference: ["type"],
  Encounter: ["type"],
  Endpoint: ["connectionType"],
  EpisodeOfCare: ["type"],
  ExplanationOfBenefit: ["type"],
  FamilyMemberHistory: ["condition.code"],
  Goal: ["description"],
  GuidanceResponse: ["moduleCodeableConcept"],
  HealthcareService: ["type"],
  ImagingStudy: ["procedureCode"],
  Immunization: ["vaccineCode"],
  ImmunizationEvaluation: ["targetDisease"],
  ImmunizationRecommendation: ["recommendation.vaccineCode"],
  InsurancePlan: ["type"],
  Invoice: ["type"],
  Library: ["type"],
  Location: ["type"],
  Measure: ["type"],
  Media: ["type"],
  MedicationAdministration: ["medicationCodeableConcept"],
  MedicationDispense: ["medicationCodeableConcept"],
  MedicationRequest: ["medicationCodeableConcept"],
  MedicationStatement: ["medicationCodeableConcept"],
  MessageHeader: ["eventCoding"],
  NutritionOrder: ["oralDiet.type", "supplement.type", "enteralFormula.baseFormulaType"],
  Organization: ["type"],
  PlanDefinition: ["type"],
  Provenance: ["activity"],
  RelatedPerson: ["relationship"],
  Schedule: ["serviceType"],
  Slot: ["serviceType"],
  Specimen: ["type"],
  SupplyDelivery: ["type"],
  SupplyRequest: ["itemCodeableConcept"],
}

/** When what the resource states was so, as it stands there: a date, dateTime or instant. */
export function clinicalTime(resource: unknown): string | undefined {
  for (const path of pathsOf(resource, clinicalTimes, fallbackTimes)) {
    const time = valuesAt(resource, path).find((value) => typeof value === "string")
    if (typeof time === "string") return time
  }
  return undefined
}

export type Coding = { system?: string; code: string }

/** The codings of the resource's main code. */
export function codings(resource: unknown): Coding[] {
  const concepts = pathsOf(resource, mainCodes, ["code"]).flatMap((path) => valuesAt(resource, path))
  return concepts.flatMap((concept) => {
    const inner = valuesAt(concept, "coding")
    return (inner.length > 0 ? inner : [concept]).flatMap(toCoding)
  })
}

/** The security labels, of meta.security. */
export function securityLabels(resource: unknown): Coding[] {
  return valuesAt(resource, "meta.security").flatMap(toCoding)
}

const dateTimePattern =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d)))?)?)?$/

/**
 * The half-open interval that a FHIR date, dateTime or instant of any precision denotes. Dates are of UTC.
 * Fractions finer than a millisecond give the millisecond they lie in. A leap second is the one after :59.
 */
export function dateRange(value: string): { readonly fromMs: number; readonly toMs: number } {
  const known = ranges.get(value)
  if (known) return known
  const found = readRange(value)
  if (value.length > MAX_LENGTH) return found
  if (ranges.size >= MAX_RANGES) ranges.clear()
  ranges.set(value, found)
  return found
}

/** One record's time is asked for by the policy, the statement and the order of the timeline. */
const ranges = new Map<string, ReturnType<typeof readRange>>()
const MAX_RANGES = 10_000
const MAX_LENGTH = 40

function readRange(value: string): { fromMs: number; toMs: number } {
  const match = typeof value === "string" ? dateTimePattern.exec(value) : null
  if (match === null) throw notADate(value, "it has another form")
  const [, year = "", month, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute] = match
  const [y, mon, d] = [Number(year), Number(month ?? 1), Number(day ?? 1)]
  if (y === 0) throw notADate(value, "there is no year 0000")
  if (mon < 1 || mon > 12) throw notADate(value, `there is no month ${month}`)
  if (d < 1 || d > daysIn(y, mon)) throw notADate(value, `${year}-${month} has no day ${day}`)
  if (month === undefined) return { fromMs: utcMs(y, 1, 1), toMs: utcMs(y + 1, 1, 1) }
  if (day === undefined) return { fromMs: utcMs(y, mon, 1), toMs: utcMs(y, mon + 1, 1) }
  const midnightMs = utcMs(y, mon, d)
  if (hour === undefined) return { fromMs: midnightMs, toMs: midnightMs + 86_400_000 }

  if (Number(hour) > 23) throw notADate(value, `there is no hour ${hour}`)
  if (Number(minute) > 59) throw notADate(value, `there is no minute ${minute}`)
  if (Number(second) > 60) throw notADate(value, `there is no second ${second}`)
  const zoneMinutes = Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)
  if (Number(zoneMinute ?? 0) > 59 || zoneMinutes > 14 * 60) {
    throw notADate(value, `there is no zone ${sign}${zoneHour}:${zoneMinute}`)
  }
  const offsetMs = (sign === "-" ? -1 : 1) * zoneMinutes * 60_000
  const digits = (fraction ?? "").slice(0, 3)
  const secondsMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
  const fromMs = midnightMs + secondsMs + Number(digits.padEnd(3, "0")) - offsetMs
  return { fromMs, toMs: fromMs + 10 ** (3 - digits.length) }
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysIn = (year: number, month: number) => (month === 2 && isLeap(year) ? 29 : DAYS[month - 1])

/** Date.UTC takes the years 0 to 99 for 1900 to 1999, and the calendar is the same every 400 years. */
const utcMs = (year: number, month: number, day: number): number =>
  year < 100 ? Date.UTC(year + 400, month - 1, day) - MS_IN_400_YEARS : Date.UTC(year, month - 1, day)
const MS_IN_400_YEARS = 146_097 * 86_400_000

function notADate(value: unknown, why: string): RangeError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value
  return new RangeError(
    `Not a FHIR date, dateTime or instant: ${shown}: ${why}. ` +
      "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, " +
      "the last with Z or ±hh:mm and, if need be, a .fraction before it.",
  )
}

function pathsOf(
  resource: unknown,
  table: Readonly<Record<string, readonly string[]>>,
  fallback: readonly string[],
): readonly string[] {
  const type = isObject(resource) ? resource.resourceType : undefined
  return typeof type === "string" && Object.hasOwn(table, type) ? (table[type] ?? fallback) : fallback
}

/** The values at a dotted path, through arrays at any step. */
function valuesAt(value: unknown, path: string): unknown[] {
  let values = [value]
  const names = path.includes(".") ? path.split(".") : [path]
  for (const name of names) {
    values = values.flatMap((parent) => (isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : []))
  }
  return values
}

function toCoding(value: unknown): Coding[] {
  if (!isObject(value)) return []
  const { system, code } = value
  if (typeof code !== "string") return []
  return [typeof system === "string" ? { system, code } : { code }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
