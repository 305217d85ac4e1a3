import { bytes, list, memberId, object, oneOf, optional, text, toHex, uint } from "@aceso/core"
import type { Opening } from "../session/protocol.ts"

const placeFields = { custodian: memberId, handle: bytes(32), keyNumber: uint(1000), url: text(200) }
const place = object(placeFields)

/** People of a demo, whose secrets its own machine gives away: on loopback, and with invented patients alone. */
const demoPerson = object({
  kind: oneOf("staff", "patient", "delegate"),
  name: text(64),
  seed: bytes(32),
  member: optional(memberId),
  node: optional(text(200)),
  places: optional(list(place, 64)),
  /** For whom this seed acts. */
  actsFor: optional(list(object({ ...placeFields, person: text(120) }), 16)),
})

/** Who it is; `first`: whose pages are shown first, where it is somebody for whom they act. */
export async function demoIdentity(name: string): Promise<{ opening: Opening; first?: string }> {
  const answer = await fetch(`/demo/person?name=${name}`)
  if (!answer.ok) throw new Error(`nobody is called ${name} in this demo`)
  const person = demoPerson.parse(await answer.json(), "person", "json")
  const { seed } = person
  if (person.kind === "staff")
    return {
      opening: { kind: "demo-staff", name, seed, member: person.member ?? "", node: person.node ?? "" },
    }
  const { places = [], actsFor = [] } = person
  const opening = { kind: "demo-patient", name, seed, places, actsFor } as const
  const [one] = actsFor
  return { opening, ...(person.kind === "delegate" && { first: `${one.custodian}/${toHex(one.handle)}` }) }
}
