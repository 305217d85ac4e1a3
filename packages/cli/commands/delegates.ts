import type { PatientClient, PatientPlace, ShownDelegate } from "@aceso/client"
import { type DeskDelegates, fromHex, PlatformError, toHex } from "@aceso/core"
import { isStaff } from "../cases/party.ts"
import { table } from "../columns.ts"
import { command, type Group } from "../command.ts"
import { endOf } from "../output.ts"
import type { Session } from "../session.ts"
import { byBeginning } from "./by-beginning.ts"
import { AT, accept, enter, invite } from "./delegates-invite.ts"
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
  delegates.map(({ key, opening, endsAt, endedAt }) => {
    const { name, relation, may } = opening?.scope ?? UNKNOWN
    return { key: toHex(key), at, name, relation, may, endsAt, endedAt }
  })

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
    const all = await Promise.all(client.places.map((place) => shownAt(session, client, place)))
    return { delegates: all.flat().map(lineOf) }
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
  arguments: [
    {
      name: "key|all",
      words:
        "as aceso delegates shows it, the beginning of it will do; all: also those who are hidden from you",
    },
  ],
  options: { patient: PATIENT, at: AT },
  example: "aceso delegates end 3fa9c2 --as patient-1",
  async run(session, input): Promise<readonly Pick<Line, "name" | "at" | "key">[]> {
    const [which] = input.positionals
    if (isStaff(session)) {
      const { client, person } = session.staff()
      const alias = aliasOf(input)
      const found = oneOf(deskLines(person.member, await client.delegates.of(alias)), which)
      await client.delegates.end(alias, fromHex(found.key))
      return [found]
    }
    const { client } = await session.patient()
    const places = client.places.filter(
      ({ custodian }) => input.values.at === undefined || custodian === input.values.at,
    )
    if (which === "all") {
      for (const place of places) await client.delegates.endAll(place)
      return places.map(({ custodian }) => ({ name: "nobody", at: custodian, key: "" }))
    }
    // One place that does not answer, or hides somebody, keeps nobody from being ended at another.
    const all = await Promise.all(places.map((place) => shownAt(session, client, place)))
    const found = oneOf(all.flat().map(lineOf), which)
    const one = all.flat().find(({ key }) => toHex(key) === found.key)
    if (one) await client.delegates.end(one.place, one.key)
    return [found]
  },
  print: (ended) =>
    [
      ...ended.map(
        ({ name, at }) => `  ${name} acts for you at ${at}${name === "nobody" ? " now" : " no more"}`,
      ),
      "  what they decided for you stands until you change it: aceso requests",
    ].join("\n"),
})

async function shownAt(
  session: Session,
  client: PatientClient,
  place: PatientPlace,
): Promise<readonly ShownDelegate[]> {
  try {
    return await (client.isDelegate ? client.delegates.own(place) : client.delegates.at(place))
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    session.progress(`  ${place.custodian}: ${error.message}`)
    return []
  }
}

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
