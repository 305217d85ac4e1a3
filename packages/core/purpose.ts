import { type Infer, oneOf } from "./schema.ts"

/** Purposes that a request can name (HL7 v3 PurposeOfUse): whoever names one does not mean another. */
export const PURPOSES = ["TREAT", "HPAYMT", "HOPERAT", "HRESCH", "ETREAT", "PUBHLTH", "PATRQT"] as const
export const purpose = oneOf(...PURPOSES)
export type Purpose = Infer<typeof purpose>
