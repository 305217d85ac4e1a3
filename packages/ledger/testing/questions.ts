import { question } from "@aceso/contracts/testing/processes.ts"
import { caseId, caseSeed, processHash, publicKey } from "@aceso/core"
import { type Call, FOUNDER, handleOf, seedOf } from "./network.ts"

/** Cases of the process `question`, by a patient with case keys. */

export const keySeed = (name: string, j = 0) => caseSeed(seedOf(name), "city", handleOf(`${name} at city`), j)

/** By ballot; `cases` executes already. */
export const activateQuestion = (height: number, process = question) => ({
  do: "activate" as const,
  contract: `cases.${process.name}`,
  version: process.version,
  sources: processHash(process),
  height,
})

/** Opened now. @returns the call and the id that the case will have */
export function ask(name: string, hospital: string, now = Date.now(), j = 0) {
  const minute = Math.floor(now / 60_000)
  const key = publicKey(keySeed(name, j))
  const random = handleOf(`random ${name} ${j}`)
  const call: Call = {
    contract: "cases",
    action: "open",
    input: {
      process: "question",
      minute,
      random,
      parties: [
        { party: "patient", key },
        { party: "hospital", member: hospital },
      ],
      documents: [handleOf(`question of ${name}`)],
      capabilities: [],
    },
  }
  return { call, id: caseId(minute, key, random), sponsor: FOUNDER }
}

export const step = (id: Uint8Array, base: number, name: string, document?: string, more = {}): Call => ({
  contract: "cases",
  action: "step",
  input: {
    case: id,
    base,
    step: name,
    documents: document === undefined ? [] : [handleOf(document)],
    ...more,
  },
})
