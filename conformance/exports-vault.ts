import { fromUtf8, type JsonObject, nameOf, parseJson } from "@aceso/core"
import { OWN_LOG } from "@aceso/server/vault/record-log.ts"
import type { SqliteVault } from "@aceso/server/vault/sqlite-vault.ts"
import { printOf } from "./exports-prints.ts"

/** A version of a resource in a vault. */
export interface Lying {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly print: string
  readonly text: string
  readonly resource: JsonObject
  /** Names of the patients in whose records this version is; "" is the custodian's own log. */
  readonly where: readonly string[]
  /** Where it stands now; nowhere: a newer version moved or ended it. */
  readonly isNewestIn: readonly string[]
}

export const OWN = nameOf(OWN_LOG)

/** Everything in a vault, each version of a resource once. */
export async function lyingIn(vault: SqliteVault): Promise<Lying[]> {
  const found = new Map<string, Lying & { where: string[]; isNewestIn: string[] }>()
  for (const log of [OWN_LOG, ...(await vault.patients()).map(({ handle }) => handle)]) {
    const newest = new Map<string, number>()
    const records = await vault.log(log)
    for (const { type, fhirId, version } of records) newest.set(`${type}/${fhirId}`, version)
    for (const record of records) {
      if (record.operation === "delete") continue
      const { type, fhirId: id, version } = record
      const name = `${type}/${id} ${version}`
      let one = found.get(name)
      if (!one) {
        const text = fromUtf8((await vault.content(record)).content)
        const resource = parseJson(text) as JsonObject
        one = { type, id, version, print: printOf(resource), text, resource, where: [], isNewestIn: [] }
        found.set(name, one)
      }
      one.where.push(nameOf(log))
      if (newest.get(`${type}/${id}`) === version) one.isNewestIn.push(nameOf(log))
    }
  }
  return [...found.values()]
}
