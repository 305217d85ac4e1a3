/** The hierarchies of HL7 v3's code systems, as of FHIR R4 (version 2018-08-12 of each), and who is under whom. */
interface Tree {
  readonly [code: string]: Tree
}
const leaves = (codes: string): Tree => Object.fromEntries(codes.split(" ").map((code) => [code, {}]))

/** terminology.hl7.org/CodeSystem/v3-ActReason, under PurposeOfUse. */
const purposes: Tree = {
  PurposeOfUse: {
    HMARKT: {},
    HOPERAT: {
      ...leaves("CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP"),
      HSYSADMIN: leaves("LABELING METAMGT"),
      ...leaves("MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT"),
      SYSDEV: leaves("HTEST"),
      TRAIN: {},
    },
    HPAYMT: {
      ...leaves("CLMATTCH COVAUTH REMITADV"),
      COVERAGE: leaves("ELIGDTRM ELIGVER ENROLLM MILDCRG"),
    },
    HRESCH: {
      ...leaves("BIORCH DSRCH POARCH TRANSRCH"),
      CLINTRCH: leaves("CLINTRCHNPC CLINTRCHPC PRECLINTRCH"),
    },
    PATRQT: leaves("FAMRQT PWATRNY SUPNWK"),
    PUBHLTH: leaves("DISASTER THREAT"),
    TREAT: { ...leaves("CLINTRL COC POPHLTH"), ETREAT: leaves("BTG ERTREAT") },
  },
}

/**
 * terminology.hl7.org/CodeSystem/v3-ActCode, under _InformationSensitivityPolicy. IHE PCF (3:5.8.4, Advanced Security
 * Tag ValueSet) puts ETHUD and OPIOIDUD under ETH as well, the older code for the same.
 */
const sensitivities: Tree = {
  _InformationSensitivityPolicy: {
    _ActInformationSensitivityPolicy: {
      ETH: leaves("SUD ETHUD OPIOIDUD"),
      ...leaves("GDIS HIV MST SCA SDV SEX STD TBOO VIO SICKLE"),
      SPI: {
        BH: leaves("COGN DVD EMOTDIS"),
        ...leaves("MH PSY PSYTHPN"),
        SUD: leaves("ETHUD OPIOIDUD"),
      },
    },
    _EntitySensitivityPolicyType: leaves("DEMO DOB GENDER LIVARG MARST RACE REL"),
    _RoleInformationSensitivityPolicy: leaves("B EMPL LOCIS SSP"),
    ...leaves("ADOL CEL DIA DRGIS EMP PDS PHY PRS"),
  },
}

/** Each code with itself and all above it. */
function above(tree: Tree): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  const visit = (part: Tree, path: readonly string[]) => {
    for (const [code, under] of Object.entries(part)) {
      const own = [...path, code]
      all.set(code, new Set([...(all.get(code) ?? []), ...own]))
      visit(under, own)
    }
  }
  visit(tree, [])
  return all
}

const purposesAbove = above(purposes)
const sensitivitiesAbove = above(sensitivities)

export const isPurpose = (code: string): boolean => purposesAbove.has(code)
export const isSensitivity = (code: string): boolean => sensitivitiesAbove.has(code)
export const isPurposeUnder = (code: string, top: string): boolean =>
  code === top || (purposesAbove.get(code)?.has(top) ?? false)
export const isSensitivityUnder = (code: string, top: string): boolean =>
  code === top || (sensitivitiesAbove.get(code)?.has(top) ?? false)

/** terminology.hl7.org/CodeSystem/v3-Confidentiality is a scale, from unrestricted to very restricted. */
const SCALE = ["U", "L", "M", "N", "R", "V"]
/** -1: no code of the scale. */
export const confidentialityRank = (code: string): number => SCALE.indexOf(code)
export const NORMAL = SCALE.indexOf("N")
export const RESTRICTED = SCALE.indexOf("R")
/** Codes of v3-Confidentiality that were retired for those of sensitivity. */
export const RETIRED_SENSITIVITIES: ReadonlySet<string> = new Set(["ETH", "HIV", "PSY", "SDV"])
