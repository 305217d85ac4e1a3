import { personName } from "@aceso/client"
import {
  bool,
  bytes,
  type Cbor,
  domainHash,
  object,
  optional,
  publicKeySchema,
  role,
  text,
  uint,
} from "@aceso/core"
import type { Rights, StaffPerson, StaffTerm } from "./person.ts"

/** A row as it was kept when each person had one key and one time; `practitioner`: the time of the role. */
const formerRow = object({
  name: personName,
  key: publicKeySchema,
  isAdministrator: bool(),
  from: optional(uint()),
  to: optional(uint()),
  practitioner: optional(object({ role, salt: bytes(32), from: uint(), to: uint() })),
  addedBy: optional(text(64)),
})

const OPEN = Number.POSITIVE_INFINITY
/** Every role ended with this century at the latest. */
const LAST_MS = Date.UTC(2100, 0, 1)

/**
 * What a row of then says; undefined: it is one of now. Read again it says the same, so that the ends that the ledger
 * has of it are found.
 */
export function formerPerson(opened: Cbor): StaffPerson | undefined {
  if (!opened || typeof opened !== "object" || "devices" in opened) return undefined
  const {
    name,
    key,
    isAdministrator,
    from = 0,
    to,
    practitioner,
    addedBy,
  } = formerRow.parse(opened, "person")
  const by = addedBy !== undefined && { by: addedBy }
  const until = to ?? OPEN
  const role = practitioner && {
    from: Math.max(from, practitioner.from),
    to: Math.min(until, practitioner.to === LAST_MS ? OPEN : practitioner.to),
  }
  const term = (place: number, rights: Rights, begin: number, end: number): StaffTerm[] =>
    end <= begin
      ? []
      : [
          {
            ...rights,
            salt: practitioner && place === 1 ? practitioner.salt : domainHash("former-term", key, place),
            from: begin,
            ...(end < OPEN && { to: end }),
            ...by,
          },
        ]
  const terms = role
    ? [
        // Only administrators had anything to do outside of the role's time.
        ...(isAdministrator ? term(0, { isAdministrator }, from, Math.min(role.from, until)) : []),
        ...term(1, { isAdministrator, role: practitioner.role }, role.from, role.to),
        ...(isAdministrator ? term(2, { isAdministrator }, Math.max(from, role.to), until) : []),
      ]
    : term(1, { isAdministrator }, from, until)
  return {
    ...{ name, salt: domainHash("former-person", key), terms },
    ...(to !== undefined && { to }),
    devices: [{ key, label: "device-1", from, ...(to !== undefined && { to }), ...by }],
  }
}
