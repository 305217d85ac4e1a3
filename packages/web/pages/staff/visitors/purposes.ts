/** What for records are asked, the usual first (HL7 v3 PurposeOfUse). */
export const PURPOSES = ["TREAT", "ETREAT", "HPAYMT", "HOPERAT", "HRESCH", "PUBHLTH", "PATRQT"] as const
