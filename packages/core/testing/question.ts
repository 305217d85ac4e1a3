import { days, type ProcessDraft } from "../process/define.ts"

/** A question that may be asked again, answered, and passed on. */
export const questionDraft: ProcessDraft = {
  name: "question",
  parties: {
    patient: "case key",
    hospital: { ability: "keepsRecords" },
    authority: { kind: "authority", comes: "named" },
  },
  opens: { by: "patient", to: "asked", documents: ["Communication"], dueMs: days(14) },
  states: {
    asked: { turn: "hospital" },
    answered: { turn: "patient", dueMs: days(60), lapsesTo: "closed" },
    passedOn: { dueMs: days(30) },
  },
  steps: {
    answer: { from: "asked", by: "hospital", to: "answered", documents: ["Communication"] },
    ask: { from: "answered", by: "patient", to: "asked", documents: ["Communication"], atMost: 3 },
    passOn: { from: ["asked", "answered"], by: "patient", to: "passedOn", names: "authority" },
    decide: { from: "passedOn", by: "authority", to: "decided", documents: ["Communication"] },
    close: { from: ["asked", "answered"], by: "patient", to: "closed" },
  },
  lasts: { ms: days(365), to: "closed" },
}
