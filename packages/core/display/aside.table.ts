const words = (text: string): string[] => text.trim().split(/\s+/)

/** Elements of any type that say nothing of a patient's health: they are not shown, and not counted as left out. */
export const ASIDE: ReadonlySet<string> = new Set([
  // What a record is called and where it came from.
  ...words(`resourceType id meta implicitRules language contained identifier masterIdentifier accessionIdentifier
    groupIdentifier requisition requestIdentifier distinctIdentifier udiCarrier partNumber securityLabel confidentiality
    version url`),
  // Who took part, and where.
  ...words(`subject patient for individual performer performerType performingOrganization requestingOrganization
    requester requestor recorder asserter author authenticator attester authority custodian source informationSource
    participantType actor sender recipient receiver supplier enterer provider insurer owner operator orderer prescriber
    referrer referral interpreter resultsInterpreter assessor managingOrganization serviceProvider organization location
    facility contributor reporter generalPractitioner careTeam team careManager policyHolder subscriber beneficiary payor
    payee payeeType expressedBy destination deliverFrom deliverTo costCenter agent telecom address photo contact
    maritalStatus locationReference medium`),
  // Which visit, order, plan or contract it belongs to.
  ...words(`encounter context episodeOfCare basedOn partOf replaces instantiates instantiatesCanonical instantiatesUri
    definition definitionUri definitionCanonical protocol priorPrescription priorRequest originalPrescription prescription
    authorizingPrescription request appointment slot account insurance contract study referralRequest eventHistory
    relevantHistory inResponseTo previous category statusHistory classHistory claim claimResponse related programEligibility
    fundingSource questionnaire endpoint investigationReference`),
  // When it was written down or sent; the time that counts stands before the title.
  ...words(`recordedDate recorded recordedOn issued date dateTime created authored authoredOn dateAsserted dateWritten sent
    received receivedTime whenPrepared whenHandedOver enteredDate statusDate started lastModified detected manufactureDate`),
  ...words("numberOfSeries numberOfInstances height width frames"),
  // What marks say.
  ...words(`status docStatus lifecycleStatus clinicalStatus verificationStatus actuality intent doNotPerform notDone notGiven
    wasNotGiven wasNotTaken taken modifierExtension isSubpotent primarySource reportedBoolean reportedReference active`),
])

/** The same, of one type alone. */
export const ASIDE_OF: Readonly<Record<string, ReadonlySet<string>>> = {
  Bundle: new Set(["type", "timestamp", "entry", "link", "total", "signature"]),
  Account: new Set(["guarantor", "coverage"]),
  Appointment: new Set(["participant"]),
  Claim: new Set(["subType", "fundsReserve", "priority"]),
  ClaimResponse: new Set([
    "subType",
    "fundsReserve",
    "preAuthRef",
    "formCode",
    "form",
    "communicationRequest",
  ]),
  Communication: new Set(["about"]),
  Composition: new Set(["relatesTo"]),
  Coverage: new Set(["class", "order", "network", "dependent", "subrogation"]),
  DetectedIssue: new Set(["reference"]),
  DocumentReference: new Set(["context.encounter", "context.sourcePatientInfo", "context.related"]),
  Encounter: new Set(["participant"]),
  ExplanationOfBenefit: new Set([
    "subType",
    "priority",
    "precedence",
    "fundsReserve",
    "fundsReserveRequested",
    "preAuthRef",
  ]),
  FamilyMemberHistory: new Set(["condition", "name", "relationship"]),
  Medication: new Set(["code", "form", "amount", "ingredient"]),
  MolecularSequence: new Set(["pointer", "repository"]),
  Provenance: new Set(["signature", "policy", "entity", "occurred"]),
}
