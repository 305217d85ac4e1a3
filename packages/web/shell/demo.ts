import { bytes, list, memberId, object, oneOf, optional, text, uint } from "@aceso/core"
import type { Identity } from "../session/protocol.ts"

/** People of a demo, whose secrets its own machine gives away: on loopback, and with invented patients alone. */
const demoPerson = object({
  kind: oneOf("staff", "patient"),
  name: text(64),
  seed: bytes(32),
  member: optional(memberId),
  node: optional(text(200)),
  places: optional(
    list(object({ custodian: memberId, handle: bytes(32), keyNumber: uint(), url: text(200) }), 64),
  ),
})

const [, named, path] = /^#demo=([a-z][a-z0-9-]{0,63})(\/.*)?$/.exec(location.hash) ?? []

/** Whom the address named when the page was opened, before it went on to its first route: `#demo=city-doctor`. */
export const demoName: string | undefined = named
// Or to the page that is named behind: `#demo=city-doctor/inbox`. The router reads the address after this.
if (path !== undefined) history.replaceState(null, "", `#${path}`)

/** @throws Error */
export async function demoIdentity(name: string): Promise<Identity> {
  const answer = await fetch(`/demo/person?name=${name}`)
  if (!answer.ok) throw new Error(`nobody is called ${name} in this demo`)
  const person = demoPerson.parse(await answer.json(), "person", "json")
  const { seed } = person
  if (person.kind === "staff")
    return { kind: "staff", name, seed, member: person.member ?? "", node: person.node ?? "" }
  return { kind: "patient", name, seed, places: person.places ?? [] }
}
