import { accept, type Contract, eventTypes, type Process, processHash, tables, views } from "@aceso/core"
import { activeAt, keyOwner, memberStanding } from "../../views.ts"
import { demandDocument, meetDemand } from "./demands.ts"
import { demanded, demandMet, opened, stepped } from "./events.ts"
import { openCase } from "./open.ts"
import { forgetPast, leftIn } from "./purse.ts"
import { stepCase } from "./step.ts"
import { caseDays, caseKeys, casePurses, caseSteps, cases, casesOfDay, forgotten } from "./tables.ts"

export {
  demanded as documentDemanded,
  demandMet,
  opened as caseOpened,
  stepped as caseStepped,
} from "./events.ts"
export { openInput } from "./open.ts"
export { paidInAdvance } from "./purse.ts"
export { stepInput } from "./step.ts"
export {
  type Capability,
  type Case,
  capability,
  caseDays,
  caseKeys,
  casePurses,
  caseSteps,
  cases,
  casesOfDay,
  type Demand,
  forgotten as forgottenCases,
  MAX_CAPABILITIES,
  MAX_DEMANDS,
} from "./tables.ts"

/**
 * Shared work between named parties (CAPABILITIES.md, Cases): one interpreter for all processes. A case goes on under
 * the version of the process that it was opened under.
 * @param processes every version that this release knows
 */
export function casesOf(processes: readonly Process[]): Contract {
  const known = (name: string, version: number) =>
    processes.find((one) => one.name === name && one.version === version)
  return {
    name: "cases",
    version: 1,
    tables: tables(cases, caseSteps, caseKeys, casePurses, caseDays, casesOfDay, forgotten),
    events: eventTypes(opened, stepped, demanded, demandMet),
    parts: processes.map((definition) => ({
      name: definition.name,
      version: definition.version,
      hash: processHash(definition),
    })),
    reads: views(activeAt, memberStanding, keyOwner),
    actions: {
      open: openCase(known),
      step: stepCase(known),
      demand: demandDocument(known),
      meet: meetDemand(known),
    },
    purse: leftIn,
    endBlock: (state, { time }) => ({ ...accept(forgetPast(state, time)), validators: [] }),
  }
}
