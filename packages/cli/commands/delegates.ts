import type { DeskDelegates, PatientClient, ShownDelegate } from "@aceso/client"
import { fromHex, PlatformError, toHex } from "@aceso/core"
import { isStaff } from "../cases/party.ts"
import { table } from "../columns.ts"
import { command, type Group } from "../command.ts"
import { endOf } from "../output.ts"
import { byBeginning } from "./by-beginning.ts"
import { accept, enter, invite } from "./delegates-invite.ts"
import { aliasOf, PATIENT } from "./delegates-words.ts"

interface Line {
  readonly key: string
  readonly at: string
  readonly name: string
  readonly relation: string
  readonly may: readonly string[]
  /** ms */
  readonly endsAt: number | null
  readonly endedAt: number | null
}

const UNKNOWN = { name: "(not known there)", relation: "", may: [] }

const lineOf = ({ place, key, scope, endedAt, endsAt }: ShownDelegate): Line => {
  const { name, relation, may } = scope ?? UNKNOWN
  return { key: toHex(key), at: place.custodian, name, relation, may, endsAt, endedAt }
}

const deskLines = (at: string, { delegates }: DeskDelegates): Line[] =>
  delegates.map(({ key, opening, endsAt }) => {
    const { name, relation, may } = opening?.scope ?? UNKNOWN
    return { key: toHex(key), at, name, relation, may, endsAt, endedAt: null }
  })

const allOf = async (client: PatientClient): Promise<ShownDelegate[]> =>
  (
    await Promise.all(
      client.places.map((place) =>
        client.isDelegate ? client.delegates.own(place) : client.delegates.at(place),
      ),
    )
  ).flat()

const list = command({
  summary: "who acts for a patient, at which custodian, and until when; each held against the ledger",
  options: { patient: PATIENT },
  example: "aceso delegates --as patient-1",
  async run(session, input) {
    if (isStaff(session)) {
      const { client, person } = session.staff()
      return { delegates: deskLines(person.member, await client.delegates.of(aliasOf(input))) }
    }
    const { client } = await session.patient()
    return { delegates: (await allOf(client)).map(lineOf) }
  },
  print: ({ delegates }) =>
    table(
      ["key", "at", "name", "relation", "may", "until"],
      delegates.map((one) => [
        one.key.slice(0, 12),
        one.at,
        one.name,
        one.relation,
        one.may.join(", "),
        one.endedAt !== null ? `ended ${endOf(one.endedAt)}` : one.endsAt === null ? "" : endOf(one.endsAt),
      ]),
    ),
})

const end = command({
  summary: "ends somebody who acts for you, at once; by a delegate: ends oneself",
  arguments: [{ name: "key", words: "as aceso delegates shows it; the beginning of it will do" }],
  options: { patient: PATIENT },
  example: "aceso delegates end 3fa9c2 --as patient-1",
  async run(session, input) {
    const [beginning] = input.positionals
    if (isStaff(session)) {
      const { client, person } = session.staff()
      const alias = aliasOf(input)
      const found = oneOf(deskLines(person.member, await client.delegates.of(alias)), beginning)
      await client.delegates.end(alias, fromHex(found.key))
      return found
    }
    const { client } = await session.patient()
    const all = await allOf(client)
    const found = oneOf(all.map(lineOf), beginning)
    const one = all.find(({ key }) => toHex(key) === found.key)
    if (one) await client.delegates.end(one.place, one.key)
    return found
  },
  print: ({ name, at }) => `  ${name} acts at ${at} no more`,
})

function oneOf(all: readonly Line[], beginning: string): Line {
  const found = byBeginning(all, ({ key }) => key, beginning)
  if (found) return found
  throw new PlatformError(
    "unknown_delegate",
    `nobody whose key begins with ${beginning} acts for you; see aceso delegates`,
  )
}

export const delegates: Group = {
  summary: "who acts for a patient: parents, guardians, carers",
  parts: { list, invite, accept, enter, end },
  otherwise: "list",
}
