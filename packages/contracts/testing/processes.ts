import type { Process, StepRule } from "@aceso/core"
import {
  after,
  before,
  days,
  defineProcess,
  differs,
  equals,
  licensed,
  newTag,
} from "@aceso/core/process/define.ts"
import { questionDraft } from "@aceso/core/testing/question.ts"

/** Processes for tests: one with every guard, and one that a patient opens. */

export const supply: Process = defineProcess({
  name: "supply",
  parties: {
    orderer: { ability: "keepsRecords" },
    supplier: { kind: "supplier", licence: "handleDrugs" },
    carrier: { kind: "distributor", comes: "acting" },
    checker: { comes: "acting" },
    person: "case key",
  },
  opens: { by: "orderer", to: "ordered", documents: ["SupplyRequest"], dueMs: days(2) },
  states: {
    ordered: { turn: "supplier", lapsesTo: "lapsed" },
    ready: { turn: "carrier" },
    onItsWay: { turn: ["carrier", "person"], dueMs: days(1) },
  },
  steps: {
    confirm: {
      from: "ordered",
      by: "supplier",
      to: "ready",
      documents: ["Order", "Note"],
      guards: [equals("Order", "SupplyRequest"), licensed("review")],
    },
    cancel: {
      from: ["ordered", "ready"],
      by: "orderer",
      to: "cancelled",
      guards: [before("opened", days(1))],
    },
    fetch: { from: "ready", by: "carrier", to: "onItsWay" },
    giveBack: { from: "onItsWay", by: "carrier", to: "ready", atMost: 2 },
    report: { from: "onItsWay", by: "carrier", atMost: 3, guards: [newTag()] },
    check: { from: ["ready", "onItsWay"], by: "checker", atMost: 2, guards: [differs("orderer")] },
    letGo: { from: "ready", by: "supplier", to: "cancelled", guards: [after("entered", days(3))] },
    receive: { from: "onItsWay", by: "person", to: "received", documents: ["Receipt"] },
    complain: {
      from: "onItsWay",
      by: ["orderer", "person"],
      to: "lost",
      guards: [after("due")],
    },
  },
  lasts: { ms: days(30), to: "lapsed" },
  keepMs: days(10),
})

export const question: Process = defineProcess(questionDraft)

/** A process with one rule of one step less, or more, than it should have. */
export const planted = (process: Process, step: string, change: (rule: StepRule) => StepRule): Process => ({
  ...process,
  steps: process.steps.map((one) => (one.name === step ? change(one) : one)),
})
