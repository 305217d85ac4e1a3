// Made by scripts/elements.ts from FHIR R4 (4.0.1); only the last character of an element is decided by hand.

/**
 * Every element of R4's resources that carries a time, by type: its path, the types of a choice, and what it dates:
 * `!` the matter, `~` the paperwork, `-` something else. A type without any has an empty line.
 */
export const datedElements: Readonly<Record<string, string>> = {
  Account: "servicePeriod! guarantor.period-",
  ActivityDefinition:
    "date~ approvalDate~ lastReviewDate~ effectivePeriod! timing[Timing|dateTime|Age|Period|Range|Duration]!",
  AdverseEvent: "date! detected! recordedDate~",
  AllergyIntolerance:
    "onset[dateTime|Age|Period|Range|string]! recordedDate~ lastOccurrence! reaction.onset!",
  Appointment: "start! end! created~ participant.period! requestedPeriod!",
  AppointmentResponse: "start! end!",
  AuditEvent: "period! recorded~",
  Basic: "created~",
  Binary: "",
  BiologicallyDerivedProduct:
    "collection.collected[dateTime|Period]! processing.time[dateTime|Period]! manipulation.time[dateTime|Period]! storage.duration!",
  BodyStructure: "",
  Bundle: "timestamp~ entry.request.ifModifiedSince- entry.response.lastModified-",
  CapabilityStatement: "date~ software.releaseDate-",
  CarePlan: "period! created~ activity.detail.scheduled[Timing|Period|string]!",
  CareTeam: "period! participant.period!",
  CatalogEntry: "validityPeriod! validTo! lastUpdated~",
  ChargeItem: "occurrence[dateTime|Period|Timing]! enteredDate~",
  ChargeItemDefinition: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  Claim:
    "billablePeriod! created! supportingInfo.timing[date|Period]! procedure.date! accident.date! item.serviced[date|Period]!",
  ClaimResponse: "created! preAuthPeriod- addItem.serviced[date|Period]! payment.date~",
  ClinicalImpression: "effective[dateTime|Period]! date~",
  CodeSystem: "date~ concept.property.value[dateTime]-",
  Communication: "sent! received!",
  CommunicationRequest: "occurrence[dateTime|Period]! authoredOn!",
  CompartmentDefinition: "date~",
  Composition: "date~ attester.time~ event.period!",
  ConceptMap: "date~",
  Condition:
    "onset[dateTime|Age|Period|Range|string]! abatement[dateTime|Age|Period|Range|string]! recordedDate~",
  Consent: "dateTime~ verification.verificationDate~ provision.period- provision.dataPeriod-",
  Contract:
    "issued~ applies! contentDefinition.publicationDate- term.issued~ term.applies! term.offer.answer.value[date|dateTime]! term.asset.period! term.asset.usePeriod! term.asset.valuedItem.effectiveTime! term.asset.valuedItem.paymentDate! term.action.occurrence[dateTime|Period|Timing]!",
  Coverage: "period! costToBeneficiary.exception.period-",
  CoverageEligibilityRequest: "serviced[date|Period]! created!",
  CoverageEligibilityResponse: "serviced[date|Period]! created! insurance.benefitPeriod-",
  DetectedIssue: "identified[dateTime|Period]! mitigation.date!",
  Device: "manufactureDate- expirationDate-",
  DeviceDefinition: "",
  DeviceMetric: "measurementPeriod! calibration.time!",
  DeviceRequest: "occurrence[dateTime|Period|Timing]! authoredOn!",
  DeviceUseStatement: "timing[Timing|Period|dateTime]! recordedOn~",
  DiagnosticReport: "effective[dateTime|Period]! issued~",
  DocumentManifest: "created!",
  DocumentReference: "date~ context.period!",
  EffectEvidenceSynthesis: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  Encounter: "statusHistory.period! classHistory.period! participant.period! period! location.period!",
  Endpoint: "period!",
  EnrollmentRequest: "created!",
  EnrollmentResponse: "created!",
  EpisodeOfCare: "statusHistory.period! period!",
  EventDefinition: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  Evidence: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  EvidenceVariable:
    "date~ approvalDate~ lastReviewDate~ effectivePeriod! characteristic.timeFromEvent.event[CodeableConcept|dateTime]!",
  ExampleScenario: "date~",
  ExplanationOfBenefit:
    "billablePeriod! created! preAuthRefPeriod- supportingInfo.timing[date|Period]! procedure.date! accident.date! item.serviced[date|Period]! addItem.serviced[date|Period]! payment.date~ benefitPeriod-",
  FamilyMemberHistory:
    "date~ born[Period|date|string]- deceased[Age|Range|date|string]! condition.onset[Age|Range|Period|string]!",
  Flag: "period!",
  Goal: "start[date|CodeableConcept]! target.due[date|Duration]! statusDate~",
  GraphDefinition: "date~",
  Group: "characteristic.period! member.period!",
  GuidanceResponse: "occurrenceDateTime!",
  HealthcareService: "notAvailable.during-",
  ImagingStudy: "started! series.started!",
  Immunization:
    "occurrence[dateTime|string]! recorded~ expirationDate- education.publicationDate- education.presentationDate! reaction.date!",
  ImmunizationEvaluation: "date!",
  ImmunizationRecommendation: "date~ recommendation.dateCriterion.value!",
  ImplementationGuide: "date~",
  InsurancePlan: "period!",
  Invoice: "date!",
  Library: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  Linkage: "",
  List: "date~ entry.date~",
  Location: "",
  Measure: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  MeasureReport: "date~ period!",
  Media: "created[dateTime|Period]! issued~",
  Medication: "batch.expirationDate-",
  MedicationAdministration: "effective[dateTime|Period]!",
  MedicationDispense: "whenPrepared! whenHandedOver!",
  MedicationKnowledge: "",
  MedicationRequest: "authoredOn! dispenseRequest.validityPeriod!",
  MedicationStatement: "effective[dateTime|Period]! dateAsserted~",
  MedicinalProduct: "manufacturingBusinessOperation.effectiveDate! specialDesignation.date!",
  MedicinalProductAuthorization:
    "statusDate! restoreDate! validityPeriod! dataExclusivityPeriod! dateOfFirstAuthorization! internationalBirthDate! jurisdictionalAuthorization.validityPeriod! procedure.date[Period|dateTime]!",
  MedicinalProductContraindication: "",
  MedicinalProductIndication: "",
  MedicinalProductIngredient: "",
  MedicinalProductInteraction: "",
  MedicinalProductManufactured: "",
  MedicinalProductPackaged: "",
  MedicinalProductPharmaceutical: "",
  MedicinalProductUndesirableEffect: "",
  MessageDefinition: "date~",
  MessageHeader: "",
  MolecularSequence: "",
  NamingSystem: "date~ uniqueId.period-",
  NutritionOrder: "dateTime! oralDiet.schedule! supplement.schedule! enteralFormula.administration.schedule!",
  Observation:
    "effective[dateTime|Period|Timing|instant]! issued~ value[dateTime|Period]! component.value[dateTime|Period]!",
  ObservationDefinition: "",
  OperationDefinition: "date~",
  OperationOutcome: "",
  Organization: "",
  OrganizationAffiliation: "period!",
  Parameters: "parameter.value[date|dateTime|instant|Period|Timing]!",
  Patient: "birthDate- deceased[dateTime]- contact.period-",
  PaymentNotice: "created! paymentDate!",
  PaymentReconciliation: "period! created! paymentDate! detail.date!",
  Person: "birthDate-",
  PlanDefinition:
    "date~ approvalDate~ lastReviewDate~ effectivePeriod! action.timing[dateTime|Age|Period|Duration|Range|Timing]!",
  Practitioner: "birthDate- qualification.period-",
  PractitionerRole: "period! notAvailable.during-",
  Procedure: "performed[dateTime|Period|string|Age|Range]!",
  Provenance: "occurred[Period|dateTime]! recorded~",
  Questionnaire:
    "date~ approvalDate~ lastReviewDate~ effectivePeriod! item.enableWhen.answer[date|dateTime]- item.answerOption.value[date]- item.initial.value[date|dateTime]-",
  QuestionnaireResponse: "authored! item.answer.value[date|dateTime]!",
  RelatedPerson: "birthDate- period!",
  RequestGroup: "authoredOn! action.timing[dateTime|Age|Period|Duration|Range|Timing]!",
  ResearchDefinition: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  ResearchElementDefinition:
    "date~ approvalDate~ lastReviewDate~ effectivePeriod! characteristic.studyEffective[dateTime|Period|Duration|Timing]! characteristic.participantEffective[dateTime|Period|Duration|Timing]!",
  ResearchStudy: "period! associatedParty.period! progressStatus.period!",
  ResearchSubject: "period!",
  RiskAssessment: "occurrence[dateTime|Period]! prediction.when[Period|Range]!",
  RiskEvidenceSynthesis: "date~ approvalDate~ lastReviewDate~ effectivePeriod!",
  Schedule: "planningHorizon!",
  SearchParameter: "date~",
  ServiceRequest: "occurrence[dateTime|Period|Timing]! authoredOn!",
  Slot: "start! end!",
  Specimen: "receivedTime! collection.collected[dateTime|Period]! processing.time[dateTime|Period]!",
  SpecimenDefinition: "",
  StructureDefinition: "date~",
  StructureMap: "date~ group.rule.source.defaultValue[date|dateTime|instant|Period|Timing]-",
  Subscription: "end!",
  Substance: "instance.expiry-",
  SubstanceNucleicAcid: "",
  SubstancePolymer: "",
  SubstanceProtein: "",
  SubstanceReferenceInformation: "",
  SubstanceSourceMaterial: "",
  SubstanceSpecification: "code.statusDate! name.official.date!",
  SupplyDelivery: "occurrence[dateTime|Period|Timing]!",
  SupplyRequest: "occurrence[dateTime|Period|Timing]! authoredOn!",
  Task: "executionPeriod! authoredOn! lastModified~ restriction.period! input.value[date|dateTime|instant|Period|Timing]! output.value[date|dateTime|instant|Period|Timing]!",
  TerminologyCapabilities: "date~",
  TestReport: "issued~",
  TestScript: "date~",
  ValueSet: "date~ compose.lockedDate- expansion.timestamp~ expansion.parameter.value[dateTime]-",
  VerificationResult:
    "statusDate! frequency! lastPerformed! nextScheduled! primarySource.validationDate! attestation.date!",
  VisionPrescription: "created~ dateWritten!",
}

/** The same of the data types. */
export const datedTypes: Readonly<Record<string, string>> = {
  Address: "period-",
  Annotation: "time~",
  Attachment: "creation~",
  ContactPoint: "period-",
  DataRequirement: "dateFilter.value[dateTime|Period]-",
  Dosage: "timing!",
  ElementDefinition:
    "defaultValue[date|dateTime|instant|Period|Timing]- fixed[date|dateTime|instant|Period|Timing]- pattern[date|dateTime|instant|Period|Timing]- example.value[date|dateTime|instant|Period|Timing]- minValue[date|dateTime|instant]- maxValue[date|dateTime|instant]-",
  Extension: "value[date|dateTime|instant|Period|Timing]!",
  HumanName: "period-",
  Identifier: "period-",
  MarketingStatus: "dateRange! restoreDate!",
  Meta: "lastUpdated-",
  Period: "start! end!",
  Signature: "when~",
  Timing: "event! repeat.bounds[Duration|Range|Period]!",
  TriggerDefinition: "timing[Timing|date|dateTime]!",
}

/** Names of elements whose type has a validity of its own, which dates neither matter nor paperwork. */
export const apartNames: readonly string[] = `
  accessionIdentifier additionalIdentifier address authorisationReferenceNumber cTerminalModificationId
  crossReference defaultValueAddress defaultValueContactPoint defaultValueHumanName defaultValueIdentifier
  defaultValueMeta fixedAddress fixedContactPoint fixedHumanName fixedIdentifier fixedMeta groupIdentifier
  identifier immediatePackaging locationAddress masterIdentifier meta nTerminalModificationId organismId
  outerPackaging parentSubstanceId patternAddress patternContactPoint patternHumanName patternIdentifier
  patternMeta paymentIdentifier preAdmissionIdentifier predecessor requestIdentifier requisition
  targetIdentifier telecom valueAddress valueContactPoint valueHumanName valueIdentifier valueMeta
`
  .trim()
  .split(/\s+/)

/** Such elements whose name stands for something else too, as paths. */
export const apartPaths: readonly string[] = `
  Claim.related.reference Device.contact Device.version.component DeviceDefinition.contact Endpoint.contact
  ExplanationOfBenefit.related.reference InsurancePlan.contact.name MessageHeader.source.contact
  Organization.contact.name Patient.contact.name Patient.name Person.name Practitioner.name
  RelatedPerson.name Subscription.contact SubstanceReferenceInformation.geneElement.element
  SubstanceReferenceInformation.target.target
`
  .trim()
  .split(/\s+/)

/** Names of elements of the type `code`. */
export const codeNames: readonly string[] = `
  accept action actuality aggregation assurance base cardinalityBehavior category code codeSearch color
  comparator conditionalDelete conditionalRead confidentiality content contentType contextType criticality
  currency dayOfWeek daysOfWeek defaultValueCode derivation direction docStatus durationUnit enableBehavior
  entryType equivalence exposureState eye fhirVersion fixedCode format gender generation groupingBehavior
  hierarchyMeaning intent kind language license lifecycleStatus listMode meaning method mode modifier name
  op operationalStatus operator orientation outcome participantEffectiveGroupMeasure participantStatus
  patchFormat patternCode payload payloadMimeType periodUnit permittedDataType precheckBehavior preference
  priority productCategory property publicationStatus purpose referencePolicy relationship relationtype
  representation requestMethod required requiredBehavior resource resourceType response responseRequired
  result role rule rules scale searchType selectionBehavior severity sigFormat start state status strand
  strength studyEffectiveGroupMeasure subjectType system target targetFormat transform type typeMode use
  valueCode variableType versioning when xpathUsage
`
  .trim()
  .split(/\s+/)

/** HL7 v3 code systems by the end of their object identifier under 2.16.840.1.113883. */
export const v3Oids: Readonly<Record<string, string>> = Object.fromEntries(
  `
  1.18=v3-triggerEventID 4.642.1.222=v3-ObservationCategory 5.1001=v3-ActMood 5.1002=v3-ActRelationshipType
  5.1008=v3-NullFlavor 5.1009=v3-CompressionAlgorithm 5.100=v3-ProcessingID
  5.1010=v3-IntegrityCheckAlgorithm 5.1017=v3-CalendarType 5.101=v3-ProcessingMode
  5.1020=v3-ProbabilityDistributionType 5.1022=v3-GTSAbbreviation 5.102=v3-QueryPriority
  5.103=v3-QueryStatusCode 5.104=v3-Race 5.1050=v3-AcknowledgementCondition
  5.1051=v3-ActInvoiceElementModifier 5.1052=v3-ActSite 5.1053=v3-ActUncertainty
  5.1054=v3-AmericanIndianAlaskaNativeLanguages 5.1055=v3-Calendar 5.1056=v3-CommunicationFunctionType
  5.1057=v3-ContextControl 5.1059=v3-EmployeeJobClass 5.105=v3-RelationalOperator 5.1060=v3-EntityCode
  5.1061=v3-EntityStatus 5.1062=v3-ManagedParticipationStatus 5.1063=v3-ObservationValue
  5.1064=v3-ParticipationMode 5.1067=v3-QueryResponse 5.1068=v3-RoleStatus 5.1069=v3-SetOperator
  5.106=v3-RelationshipConjunction 5.1070=v3-substanceAdminSubstitution 5.1071=v3-SubstitutionCondition
  5.1074=v3-CodingRationale 5.1075=v3-PatientImportance 5.1076=v3-ReligiousAffiliation
  5.1077=v3-EducationLevel 5.107=v3-RoleLinkType 5.1080=v3-Dentition 5.1082=v3-AcknowledgementDetailType
  5.1083=v3-MessageWaitingPriority 5.108=v3-ResponseLevel 5.1092=v3-hl7ITSVersionCode 5.1095=v3-styleType
  5.1096=v3-QueryParameterValue 5.1097=v3-HL7StandardVersionCode 5.1099=v3-ActRelationshipSubset
  5.109=v3-ResponseModality 5.10=v3-ActRelationshipCheckpoint 5.1100=v3-AcknowledgementDetailCode
  5.110=v3-RoleClass 5.1110=v3-ContentProcessingMode 5.1111=v3-TransmissionRelationshipTypeCode
  5.1112=v3-QueryRequestLimit 5.1113=v3-ExposureMode 5.1114=v3-ActExposureLevelCode
  5.1116=v3-IdentifierScope 5.1117=v3-IdentifierReliability 5.1118=v3-TelecommunicationCapabilities
  5.1119=v3-AddressUse 5.111=v3-RoleCode 5.1120=v3-EntityNameUseR2 5.1121=v3-EntityNamePartTypeR2
  5.1122=v3-EntityNamePartQualifierR2 5.1123=v3-DataOperation 5.1124=v3-hl7Realm 5.1125=v3-hl7V3Conformance
  5.1126=v3-ResponseMode 5.1128=v3-policyHolderRole 5.1129=v3-HL7ContextConductionStyle
  5.112=v3-RouteOfAdministration 5.1130=v3-hl7ApprovalStatus 5.1131=v3-hl7VoteResolution
  5.1132=v3-hl7CMETAttribution 5.1133=v3-hl7PublishingSection 5.1134=v3-hl7PublishingSubSection
  5.1135=v3-hl7ITSType 5.1136=v3-hl7PublishingDomain 5.1137=v3-RoleLinkStatus 5.1138=v3-ActUSPrivacyLaw
  5.1139=v3-WorkClassificationODH 5.113=v3-Sequencing 5.129=v3-SpecimenType 5.12=v3-ActRelationshipJoin
  5.131=v3-TableCellHorizontalAlign 5.132=v3-TableCellScope 5.133=v3-TableCellVerticalAlign
  5.134=v3-TableFrame 5.136=v3-TableRules 5.137=v3-TargetAwareness 5.139=v3-TimingEvent
  5.13=v3-ActRelationshipSplit 5.140=v3-TribalEntityUS 5.144=v3-VaccineManufacturer 5.14=v3-ActStatus
  5.16=v3-AddressPartType 5.18=v3-AcknowledgementType 5.1=v3-AdministrativeGender 5.21=v3-Charset
  5.25=v3-Confidentiality 5.26=v3-ContainerCap 5.27=v3-ContainerSeparator 5.2=v3-MaritalStatus
  5.30=v3-EntityDeterminer 5.31=v3-DeviceAlertLevel 5.33=v3-DocumentCompletion 5.34=v3-DocumentStorage
  5.37=v3-EncounterAdmissionSource 5.40=v3-EncounterSpecialCourtesy 5.41=v3-EntityClass
  5.42=v3-EntityHandling 5.43=v3-EntityNamePartQualifier 5.44=v3-EntityNamePartType 5.45=v3-EntityNameUse
  5.46=v3-EntityRisk 5.49=v3-EquipmentAlertLevel 5.4=v3-ActCode 5.50=v3-Ethnicity 5.51=v3-GenderStatus
  5.57=v3-HL7UpdateMode 5.58=v3-HtmlLinkType 5.60=v3-LanguageAbilityMode 5.61=v3-LanguageAbilityProficiency
  5.63=v3-LivingArrangement 5.65=v3-LocalMarkupIgnore 5.66=v3-LocalRemoteControlState
  5.67=v3-MapRelationship 5.6=v3-ActClass 5.7=v3-ActPriority 5.81=v3-ModifyIndicator
  5.83=v3-ObservationInterpretation 5.84=v3-ObservationMethod 5.85=v3-orderableDrugForm
  5.88=v3-ParticipationFunction 5.89=v3-ParticipationSignature 5.8=v3-ActReason 5.90=v3-ParticipationType
  5.91=v3-PaymentTerms 5.93=v3-PersonDisabilityType 5.9=v3-CalendarCycle
`
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split("=")),
)
