import { bytes, list, memberId, object, oneOf, optional, text, uint } from "@aceso/core"
import type { Opening } from "../session/protocol.ts"

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

export async function demoIdentity(name: string): Promise<Opening> {
  const answer = await fetch(`/demo/person?name=${name}`)
  if (!answer.ok) throw new Error(`nobody is called ${name} in this demo`)
  const person = demoPerson.parse(await answer.json(), "person", "json")
  const { seed } = person
  if (person.kind === "staff")
    return { kind: "demo-staff", name, seed, member: person.member ?? "", node: person.node ?? "" }
  return { kind: "demo-patient", name, seed, places: person.places ?? [] }
}
