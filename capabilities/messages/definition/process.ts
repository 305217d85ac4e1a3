import { days, defineProcess } from "@aceso/core/process/define.ts"

/**
 * A patient asks an organisation something, or complains; whoever is not content with the answer passes it on to the
 * authority. What it is about stands in the sealed documents alone: on the ledger a question and a complaint are alike.
 */
export const messages = defineProcess({
  name: "messages",
  version: 1,
  parties: {
    patient: "case key",
    organisation: { ability: "keepsRecords" },
    authority: { kind: "authority", comes: "named" },
  },
  opens: { by: "patient", to: "asked", documents: ["Communication"] },
  states: {
    asked: { turn: "organisation", dueMs: days(14) },
    answered: { turn: "patient", dueMs: days(60), lapsesTo: "closed" },
    passedOn: { turn: "authority", dueMs: days(30) },
    inquired: { turn: "organisation", dueMs: days(14), lapsesTo: "passedOn" },
  },
  steps: {
    answer: { from: "asked", by: "organisation", to: "answered", documents: ["Communication"] },
    ask: { from: "answered", by: "patient", to: "asked", documents: ["Communication"], atMost: 10 },
    passOn: {
      from: ["asked", "answered"],
      by: "patient",
      to: "passedOn",
      names: "authority",
      documents: ["Communication"],
    },
    inquire: {
      from: "passedOn",
      by: "authority",
      to: "inquired",
      documents: ["Communication"],
      atMost: 5,
    },
    explain: { from: "inquired", by: "organisation", to: "passedOn", documents: ["Communication"] },
    decide: {
      from: ["passedOn", "inquired"],
      by: "authority",
      to: "decided",
      documents: ["Communication"],
    },
    close: { from: ["asked", "answered", "passedOn", "inquired"], by: "patient", to: "closed" },
  },
  lasts: { ms: days(365), to: "ended" },
  keepMs: days(730),
})
