import type { PatientClient } from "@aceso/client"

type Progress = (...progress: readonly unknown[]) => void

/** The own records. */
export const recordCalls = (client: PatientClient) => ({
  /** Of all custodians, held against the ledger; told how far it is. */
  history: (onProgress: Progress) => client.history(onProgress),
})
