// Made by scripts/elements.ts from FHIR R4 (4.0.1): the resources that a publication may be or hold, and the data types
// that they lead to, as they are defined. What of it may be published is decided in may-stand.ts.

/** By path of what has parts: `name:type|type(what a reference is to)` of each part. */
export const r4Parts: Readonly<Record<string, string>> = {
  ActivityDefinition:
    "url:uri identifier:Identifier version:string name:string title:string subtitle:string " +
    "status:code experimental:boolean subject[x]:CodeableConcept|Reference(Group) date:dateTime " +
    "publisher:string contact:ContactDetail description:markdown useContext:UsageContext " +
    "jurisdiction:CodeableConcept purpose:markdown usage:string copyright:markdown approvalDate:date " +
    "lastReviewDate:date effectivePeriod:Period topic:CodeableConcept author:ContactDetail " +
    "editor:ContactDetail reviewer:ContactDetail endorser:ContactDetail " +
    "relatedArtifact:RelatedArtifact library:canonical(Library) kind:code " +
    "profile:canonical(StructureDefinition) code:CodeableConcept intent:code priority:code " +
    "doNotPerform:boolean timing[x]:Timing|dateTime|Age|Period|Range|Duration " +
    "location:Reference(Location) participant:ActivityDefinition.participant " +
    "product[x]:Reference(Medication,Substance)|CodeableConcept quantity:Quantity dosage:Dosage " +
    "bodySite:CodeableConcept specimenRequirement:Reference(SpecimenDefinition) " +
    "observationRequirement:Reference(ObservationDefinition) " +
    "observationResultRequirement:Reference(ObservationDefinition) transform:canonical(StructureMap) " +
    "dynamicValue:ActivityDefinition.dynamicValue",
  "ActivityDefinition.participant": "type:code role:CodeableConcept",
  "ActivityDefinition.dynamicValue": "path:string expression:Expression",
  CodeSystem:
    "url:uri identifier:Identifier version:string name:string title:string status:code " +
    "experimental:boolean date:dateTime publisher:string contact:ContactDetail description:markdown " +
    "useContext:UsageContext jurisdiction:CodeableConcept purpose:markdown copyright:markdown " +
    "caseSensitive:boolean valueSet:canonical(ValueSet) hierarchyMeaning:code compositional:boolean " +
    "versionNeeded:boolean content:code supplements:canonical(CodeSystem) count:unsignedInt " +
    "filter:CodeSystem.filter property:CodeSystem.property concept:CodeSystem.concept",
  "CodeSystem.filter": "code:code description:string operator:code value:string",
  "CodeSystem.property": "code:code uri:uri description:string type:code",
  "CodeSystem.concept":
    "code:code display:string definition:string designation:CodeSystem.concept.designation " +
    "property:CodeSystem.concept.property concept:CodeSystem.concept",
  "CodeSystem.concept.designation": "language:code use:Coding value:string",
  "CodeSystem.concept.property": "code:code value[x]:code|Coding|string|integer|boolean|dateTime|decimal",
  DeviceDefinition:
    "identifier:Identifier udiDeviceIdentifier:DeviceDefinition.udiDeviceIdentifier " +
    "manufacturer[x]:string|Reference(Organization) deviceName:DeviceDefinition.deviceName " +
    "modelNumber:string type:CodeableConcept specialization:DeviceDefinition.specialization " +
    "version:string safety:CodeableConcept shelfLifeStorage:ProductShelfLife " +
    "physicalCharacteristics:ProdCharacteristic languageCode:CodeableConcept " +
    "capability:DeviceDefinition.capability property:DeviceDefinition.property " +
    "owner:Reference(Organization) contact:ContactPoint url:uri onlineInformation:uri " +
    "note:Annotation quantity:Quantity parentDevice:Reference(DeviceDefinition) " +
    "material:DeviceDefinition.material classification:DeviceDefinition.classification " +
    "bodySite:CodeableConcept",
  "DeviceDefinition.udiDeviceIdentifier": "deviceIdentifier:string issuer:uri jurisdiction:uri",
  "DeviceDefinition.deviceName": "name:string type:code",
  "DeviceDefinition.specialization": "systemType:string version:string",
  "DeviceDefinition.capability": "type:CodeableConcept description:CodeableConcept",
  "DeviceDefinition.property": "type:CodeableConcept valueQuantity:Quantity valueCode:CodeableConcept",
  "DeviceDefinition.material": "substance:CodeableConcept alternate:boolean allergenicIndicator:boolean",
  "DeviceDefinition.classification": "type:CodeableConcept justification:RelatedArtifact",
  Endpoint:
    "identifier:Identifier status:code connectionType:Coding name:string " +
    "managingOrganization:Reference(Organization) contact:ContactPoint period:Period " +
    "payloadType:CodeableConcept payloadMimeType:code address:url header:string",
  HealthcareService:
    "identifier:Identifier active:boolean providedBy:Reference(Organization) " +
    "offeredIn:Reference(HealthcareService) category:CodeableConcept type:CodeableConcept " +
    "specialty:CodeableConcept location:Reference(Location) name:string comment:string " +
    "extraDetails:markdown photo:Attachment telecom:ContactPoint coverageArea:Reference(Location) " +
    "serviceProvisionCode:CodeableConcept eligibility:HealthcareService.eligibility " +
    "program:CodeableConcept characteristic:CodeableConcept communication:CodeableConcept " +
    "referralMethod:CodeableConcept appointmentRequired:boolean " +
    "availableTime:HealthcareService.availableTime notAvailable:HealthcareService.notAvailable " +
    "availabilityExceptions:string endpoint:Reference(Endpoint)",
  "HealthcareService.eligibility": "code:CodeableConcept comment:markdown",
  "HealthcareService.availableTime":
    "daysOfWeek:code allDay:boolean availableStartTime:time availableEndTime:time",
  "HealthcareService.notAvailable": "description:string during:Period",
  Library:
    "url:uri identifier:Identifier version:string name:string title:string subtitle:string " +
    "status:code experimental:boolean type:CodeableConcept " +
    "subject[x]:CodeableConcept|Reference(Group) date:dateTime publisher:string " +
    "contact:ContactDetail description:markdown useContext:UsageContext jurisdiction:CodeableConcept " +
    "purpose:markdown usage:string copyright:markdown approvalDate:date lastReviewDate:date " +
    "effectivePeriod:Period topic:CodeableConcept author:ContactDetail editor:ContactDetail " +
    "reviewer:ContactDetail endorser:ContactDetail relatedArtifact:RelatedArtifact " +
    "parameter:ParameterDefinition dataRequirement:DataRequirement content:Attachment",
  Location:
    "identifier:Identifier status:code operationalStatus:Coding name:string alias:string " +
    "description:string mode:code type:CodeableConcept telecom:ContactPoint address:Address " +
    "physicalType:CodeableConcept position:Location.position " +
    "managingOrganization:Reference(Organization) partOf:Reference(Location) " +
    "hoursOfOperation:Location.hoursOfOperation availabilityExceptions:string " +
    "endpoint:Reference(Endpoint)",
  "Location.position": "longitude:decimal latitude:decimal altitude:decimal",
  "Location.hoursOfOperation": "daysOfWeek:code allDay:boolean openingTime:time closingTime:time",
  Medication:
    "identifier:Identifier code:CodeableConcept status:code manufacturer:Reference(Organization) " +
    "form:CodeableConcept amount:Ratio ingredient:Medication.ingredient batch:Medication.batch",
  "Medication.ingredient":
    "item[x]:CodeableConcept|Reference(Substance,Medication) isActive:boolean strength:Ratio",
  "Medication.batch": "lotNumber:string expirationDate:dateTime",
  MedicationKnowledge:
    "code:CodeableConcept status:code manufacturer:Reference(Organization) doseForm:CodeableConcept " +
    "amount:Quantity synonym:string " +
    "relatedMedicationKnowledge:MedicationKnowledge.relatedMedicationKnowledge " +
    "associatedMedication:Reference(Medication) productType:CodeableConcept " +
    "monograph:MedicationKnowledge.monograph ingredient:MedicationKnowledge.ingredient " +
    "preparationInstruction:markdown intendedRoute:CodeableConcept cost:MedicationKnowledge.cost " +
    "monitoringProgram:MedicationKnowledge.monitoringProgram " +
    "administrationGuidelines:MedicationKnowledge.administrationGuidelines " +
    "medicineClassification:MedicationKnowledge.medicineClassification " +
    "packaging:MedicationKnowledge.packaging " +
    "drugCharacteristic:MedicationKnowledge.drugCharacteristic " +
    "contraindication:Reference(DetectedIssue) regulatory:MedicationKnowledge.regulatory " +
    "kinetics:MedicationKnowledge.kinetics",
  "MedicationKnowledge.relatedMedicationKnowledge":
    "type:CodeableConcept reference:Reference(MedicationKnowledge)",
  "MedicationKnowledge.monograph": "type:CodeableConcept source:Reference(DocumentReference,Media)",
  "MedicationKnowledge.ingredient":
    "item[x]:CodeableConcept|Reference(Substance) isActive:boolean strength:Ratio",
  "MedicationKnowledge.cost": "type:CodeableConcept source:string cost:Money",
  "MedicationKnowledge.monitoringProgram": "type:CodeableConcept name:string",
  "MedicationKnowledge.administrationGuidelines":
    "dosage:MedicationKnowledge.administrationGuidelines.dosage " +
    "indication[x]:CodeableConcept|Reference(ObservationDefinition) " +
    "patientCharacteristics:MedicationKnowledge.administrationGuidelines.patientCharacteristics",
  "MedicationKnowledge.administrationGuidelines.dosage": "type:CodeableConcept dosage:Dosage",
  "MedicationKnowledge.administrationGuidelines.patientCharacteristics":
    "characteristic[x]:CodeableConcept|Quantity value:string",
  "MedicationKnowledge.medicineClassification": "type:CodeableConcept classification:CodeableConcept",
  "MedicationKnowledge.packaging": "type:CodeableConcept quantity:Quantity",
  "MedicationKnowledge.drugCharacteristic":
    "type:CodeableConcept value[x]:CodeableConcept|string|Quantity|base64Binary",
  "MedicationKnowledge.regulatory":
    "regulatoryAuthority:Reference(Organization) " +
    "substitution:MedicationKnowledge.regulatory.substitution " +
    "schedule:MedicationKnowledge.regulatory.schedule " +
    "maxDispense:MedicationKnowledge.regulatory.maxDispense",
  "MedicationKnowledge.regulatory.substitution": "type:CodeableConcept allowed:boolean",
  "MedicationKnowledge.regulatory.schedule": "schedule:CodeableConcept",
  "MedicationKnowledge.regulatory.maxDispense": "quantity:Quantity period:Duration",
  "MedicationKnowledge.kinetics": "areaUnderCurve:Quantity lethalDose50:Quantity halfLifePeriod:Duration",
  ObservationDefinition:
    "publisher:Reference(Practitioner,PractitionerRole,Organization) category:CodeableConcept " +
    "code:CodeableConcept identifier:Identifier permittedDataType:code " +
    "multipleResultsAllowed:boolean method:CodeableConcept preferredReportName:string " +
    "quantitativeDetails:ObservationDefinition.quantitativeDetails " +
    "qualifiedInterval:ObservationDefinition.qualifiedInterval " +
    "validCodedValueSet:Reference(ValueSet) normalCodedValueSet:Reference(ValueSet) " +
    "abnormalCodedValueSet:Reference(ValueSet) criticalCodedValueSet:Reference(ValueSet)",
  "ObservationDefinition.quantitativeDetails":
    "customaryUnit:CodeableConcept unit:CodeableConcept conversionFactor:decimal " +
    "decimalPrecision:integer",
  "ObservationDefinition.qualifiedInterval":
    "category:code range:Range context:CodeableConcept appliesTo:CodeableConcept gender:code " +
    "age:Range gestationalAge:Range condition:string",
  Organization:
    "identifier:Identifier active:boolean type:CodeableConcept name:string alias:string " +
    "telecom:ContactPoint address:Address partOf:Reference(Organization) " +
    "contact:Organization.contact endpoint:Reference(Endpoint)",
  "Organization.contact": "purpose:CodeableConcept name:HumanName telecom:ContactPoint address:Address",
  PlanDefinition:
    "url:uri identifier:Identifier version:string name:string title:string subtitle:string " +
    "type:CodeableConcept status:code experimental:boolean " +
    "subject[x]:CodeableConcept|Reference(Group) date:dateTime publisher:string " +
    "contact:ContactDetail description:markdown useContext:UsageContext jurisdiction:CodeableConcept " +
    "purpose:markdown usage:string copyright:markdown approvalDate:date lastReviewDate:date " +
    "effectivePeriod:Period topic:CodeableConcept author:ContactDetail editor:ContactDetail " +
    "reviewer:ContactDetail endorser:ContactDetail relatedArtifact:RelatedArtifact " +
    "library:canonical(Library) goal:PlanDefinition.goal action:PlanDefinition.action",
  "PlanDefinition.goal":
    "category:CodeableConcept description:CodeableConcept priority:CodeableConcept " +
    "start:CodeableConcept addresses:CodeableConcept documentation:RelatedArtifact " +
    "target:PlanDefinition.goal.target",
  "PlanDefinition.goal.target":
    "measure:CodeableConcept detail[x]:Quantity|Range|CodeableConcept due:Duration",
  "PlanDefinition.action":
    "prefix:string title:string description:string textEquivalent:string priority:code " +
    "code:CodeableConcept reason:CodeableConcept documentation:RelatedArtifact goalId:id " +
    "subject[x]:CodeableConcept|Reference(Group) trigger:TriggerDefinition " +
    "condition:PlanDefinition.action.condition input:DataRequirement output:DataRequirement " +
    "relatedAction:PlanDefinition.action.relatedAction " +
    "timing[x]:dateTime|Age|Period|Duration|Range|Timing " +
    "participant:PlanDefinition.action.participant type:CodeableConcept groupingBehavior:code " +
    "selectionBehavior:code requiredBehavior:code precheckBehavior:code cardinalityBehavior:code " +
    "definition[x]:canonical(ActivityDefinition,PlanDefinition,Questionnaire)|uri " +
    "transform:canonical(StructureMap) dynamicValue:PlanDefinition.action.dynamicValue " +
    "action:PlanDefinition.action",
  "PlanDefinition.action.condition": "kind:code expression:Expression",
  "PlanDefinition.action.relatedAction": "actionId:id relationship:code offset[x]:Duration|Range",
  "PlanDefinition.action.participant": "type:code role:CodeableConcept",
  "PlanDefinition.action.dynamicValue": "path:string expression:Expression",
  Questionnaire:
    "url:uri identifier:Identifier version:string name:string title:string " +
    "derivedFrom:canonical(Questionnaire) status:code experimental:boolean subjectType:code " +
    "date:dateTime publisher:string contact:ContactDetail description:markdown " +
    "useContext:UsageContext jurisdiction:CodeableConcept purpose:markdown copyright:markdown " +
    "approvalDate:date lastReviewDate:date effectivePeriod:Period code:Coding " +
    "item:Questionnaire.item",
  "Questionnaire.item":
    "linkId:string definition:uri code:Coding prefix:string text:string type:code " +
    "enableWhen:Questionnaire.item.enableWhen enableBehavior:code required:boolean repeats:boolean " +
    "readOnly:boolean maxLength:integer answerValueSet:canonical(ValueSet) " +
    "answerOption:Questionnaire.item.answerOption initial:Questionnaire.item.initial " +
    "item:Questionnaire.item",
  "Questionnaire.item.enableWhen":
    "question:string operator:code " +
    "answer[x]:boolean|decimal|integer|date|dateTime|time|string|Coding|Quantity|Reference",
  "Questionnaire.item.answerOption":
    "value[x]:integer|date|time|string|Coding|Reference initialSelected:boolean",
  "Questionnaire.item.initial":
    "" +
    "value[x]:boolean|decimal|integer|date|dateTime|time|string|uri|Attachment|Coding|Quantity|Reference",
  SpecimenDefinition:
    "identifier:Identifier typeCollected:CodeableConcept patientPreparation:CodeableConcept " +
    "timeAspect:string collection:CodeableConcept typeTested:SpecimenDefinition.typeTested",
  "SpecimenDefinition.typeTested":
    "isDerived:boolean type:CodeableConcept preference:code " +
    "container:SpecimenDefinition.typeTested.container requirement:string retentionTime:Duration " +
    "rejectionCriterion:CodeableConcept handling:SpecimenDefinition.typeTested.handling",
  "SpecimenDefinition.typeTested.container":
    "material:CodeableConcept type:CodeableConcept cap:CodeableConcept description:string " +
    "capacity:Quantity minimumVolume[x]:Quantity|string " +
    "additive:SpecimenDefinition.typeTested.container.additive preparation:string",
  "SpecimenDefinition.typeTested.container.additive": "additive[x]:CodeableConcept|Reference(Substance)",
  "SpecimenDefinition.typeTested.handling":
    "temperatureQualifier:CodeableConcept temperatureRange:Range maxDuration:Duration " +
    "instruction:string",
  Substance:
    "identifier:Identifier status:code category:CodeableConcept code:CodeableConcept " +
    "description:string instance:Substance.instance ingredient:Substance.ingredient",
  "Substance.instance": "identifier:Identifier expiry:dateTime quantity:Quantity",
  "Substance.ingredient": "quantity:Ratio substance[x]:CodeableConcept|Reference(Substance)",
  ValueSet:
    "url:uri identifier:Identifier version:string name:string title:string status:code " +
    "experimental:boolean date:dateTime publisher:string contact:ContactDetail description:markdown " +
    "useContext:UsageContext jurisdiction:CodeableConcept immutable:boolean purpose:markdown " +
    "copyright:markdown compose:ValueSet.compose expansion:ValueSet.expansion",
  "ValueSet.compose":
    "lockedDate:date inactive:boolean include:ValueSet.compose.include " + "exclude:ValueSet.compose.include",
  "ValueSet.compose.include":
    "system:uri version:string concept:ValueSet.compose.include.concept " +
    "filter:ValueSet.compose.include.filter valueSet:canonical(ValueSet)",
  "ValueSet.compose.include.concept":
    "code:code display:string designation:ValueSet.compose.include.concept.designation",
  "ValueSet.compose.include.concept.designation": "language:code use:Coding value:string",
  "ValueSet.compose.include.filter": "property:code op:code value:string",
  "ValueSet.expansion":
    "identifier:uri timestamp:dateTime total:integer offset:integer " +
    "parameter:ValueSet.expansion.parameter contains:ValueSet.expansion.contains",
  "ValueSet.expansion.parameter": "name:string value[x]:string|boolean|integer|decimal|uri|code|dateTime",
  "ValueSet.expansion.contains":
    "system:uri abstract:boolean inactive:boolean version:string code:code display:string " +
    "designation:ValueSet.compose.include.concept.designation contains:ValueSet.expansion.contains",
  Meta:
    "versionId:id lastUpdated:instant source:uri profile:canonical(StructureDefinition) " +
    "security:Coding tag:Coding",
  Narrative: "status:code div:xhtml",
  Extension:
    "url:uri " +
    "value[x]:base64Binary|boolean|canonical|code|date|dateTime|decimal|id|instant|integer|markdown|oid|positiveInt|string|time|unsignedInt|uri|url|uuid|Address|Age|Annotation|Attachment|CodeableConcept|Coding|ContactPoint|Count|Distance|Duration|HumanName|Identifier|Money|Period|Quantity|Range|Ratio|Reference|SampledData|Signature|Timing|ContactDetail|Contributor|DataRequirement|Expression|ParameterDefinition|RelatedArtifact|TriggerDefinition|UsageContext|Dosage|Meta",
  Identifier:
    "use:code type:CodeableConcept system:uri value:string period:Period " +
    "assigner:Reference(Organization)",
  CodeableConcept: "coding:Coding text:string",
  Reference: "reference:string type:uri identifier:Identifier display:string",
  ContactDetail: "name:string telecom:ContactPoint",
  UsageContext:
    "code:Coding " +
    "value[x]:CodeableConcept|Quantity|Range|Reference(PlanDefinition,ResearchStudy,InsurancePlan,HealthcareService,Group,Location,Organization)",
  Period: "start:dateTime end:dateTime",
  RelatedArtifact:
    "type:code label:string display:string citation:markdown url:url document:Attachment " +
    "resource:canonical",
  Timing: "event:dateTime repeat:Timing.repeat code:CodeableConcept",
  "Timing.repeat":
    "bounds[x]:Duration|Range|Period count:positiveInt countMax:positiveInt duration:decimal " +
    "durationMax:decimal durationUnit:code frequency:positiveInt frequencyMax:positiveInt " +
    "period:decimal periodMax:decimal periodUnit:code dayOfWeek:code timeOfDay:time when:code " +
    "offset:unsignedInt",
  Age: "value:decimal comparator:code unit:string system:uri code:code",
  Range: "low:Quantity high:Quantity",
  Duration: "value:decimal comparator:code unit:string system:uri code:code",
  Quantity: "value:decimal comparator:code unit:string system:uri code:code",
  Dosage:
    "sequence:integer text:string additionalInstruction:CodeableConcept patientInstruction:string " +
    "timing:Timing asNeeded[x]:boolean|CodeableConcept site:CodeableConcept route:CodeableConcept " +
    "method:CodeableConcept doseAndRate:Dosage.doseAndRate maxDosePerPeriod:Ratio " +
    "maxDosePerAdministration:Quantity maxDosePerLifetime:Quantity",
  "Dosage.doseAndRate": "type:CodeableConcept dose[x]:Range|Quantity rate[x]:Ratio|Range|Quantity",
  Expression: "description:string name:id language:code expression:string reference:uri",
  Coding: "system:uri version:string code:code display:string userSelected:boolean",
  ProductShelfLife:
    "identifier:Identifier type:CodeableConcept period:Quantity " +
    "specialPrecautionsForStorage:CodeableConcept",
  ProdCharacteristic:
    "height:Quantity width:Quantity depth:Quantity weight:Quantity nominalVolume:Quantity " +
    "externalDiameter:Quantity shape:string color:string imprint:string image:Attachment " +
    "scoring:CodeableConcept",
  ContactPoint: "system:code value:string use:code rank:positiveInt period:Period",
  Annotation:
    "author[x]:Reference(Practitioner,Patient,RelatedPerson,Organization)|string time:dateTime " +
    "text:markdown",
  Attachment:
    "contentType:code language:code data:base64Binary url:url size:unsignedInt hash:base64Binary " +
    "title:string creation:dateTime",
  ParameterDefinition:
    "name:code use:code min:integer max:string documentation:string type:code " +
    "profile:canonical(StructureDefinition)",
  DataRequirement:
    "type:code profile:canonical(StructureDefinition) subject[x]:CodeableConcept|Reference(Group) " +
    "mustSupport:string codeFilter:DataRequirement.codeFilter dateFilter:DataRequirement.dateFilter " +
    "limit:positiveInt sort:DataRequirement.sort",
  "DataRequirement.codeFilter": "path:string searchParam:string valueSet:canonical(ValueSet) code:Coding",
  "DataRequirement.dateFilter": "path:string searchParam:string value[x]:dateTime|Period|Duration",
  "DataRequirement.sort": "path:string direction:code",
  Address:
    "use:code type:code text:string line:string city:string district:string state:string " +
    "postalCode:string country:string period:Period",
  Ratio: "numerator:Quantity denominator:Quantity",
  Money: "value:decimal currency:code",
  HumanName: "use:code text:string family:string given:string prefix:string suffix:string period:Period",
  TriggerDefinition:
    "type:code name:string timing[x]:Timing|Reference(Schedule)|date|dateTime data:DataRequirement " +
    "condition:Expression",
  Count: "value:decimal comparator:code unit:string system:uri code:code",
  Distance: "value:decimal comparator:code unit:string system:uri code:code",
  SampledData:
    "origin:Quantity period:decimal factor:decimal lowerLimit:decimal upperLimit:decimal " +
    "dimensions:positiveInt data:string",
  Signature:
    "type:Coding when:instant " +
    "who:Reference(Practitioner,PractitionerRole,RelatedPerson,Patient,Device,Organization) " +
    "onBehalfOf:Reference(Practitioner,PractitionerRole,RelatedPerson,Patient,Device,Organization) " +
    "targetFormat:code sigFormat:code data:base64Binary",
  Contributor: "type:code name:string contact:ContactDetail",
}
