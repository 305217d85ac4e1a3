export interface AnswerFinding {
  readonly kind:
    | "wrong_manifest"
    | "log_mismatch"
    | "changed_record"
    | "missing_record"
    | "undeclared_loss"
    | "selective_loss"
    | "omitted_under_full_consent"
    | "policy_mismatch"
    | "promise_missing"
    | "audit_mismatch"
  readonly detail: string
  /** The record concerned, by index of the log. */
  readonly index?: number
}

/** Notes a finding. */
export type Find = (kind: AnswerFinding["kind"], detail: string, index?: number) => void
