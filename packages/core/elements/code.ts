export interface Code {
  readonly system?: string
  readonly code: string
}

/** A code, or a label, that is there and cannot be read. */
export const UNREADABLE: Code = { code: "" }
