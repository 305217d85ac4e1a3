import {
  ability,
  type Bytes,
  decodeTrusted,
  type Fields,
  hash32,
  type InferFields,
  licence,
  list,
  MAX_RECOVERIES,
  memberId,
  memberKind,
  nullable,
  object,
  oneOf,
  PlatformError,
  publicKeySchema,
  text,
  uint,
} from "@aceso/core"

/** A row as the ledger has it: its version, then its fields in their order. A test holds each to its table. */
const rowOf = <const F extends Fields>(fields: F) => {
  const schema = object(fields)
  const names = Object.keys(fields)
  return {
    schema,
    /** @throws PlatformError `bad_answer` */
    read(row: Bytes): InferFields<F> {
      const value = decodeTrusted(row)
      if (!Array.isArray(value) || value[0] !== 1 || value.length !== names.length + 1)
        throw new PlatformError(
          "bad_answer",
          "a row of the ledger is of another version than is known here; update",
        )
      return schema.parse(
        Object.fromEntries(names.map((name, i) => [name, value[i + 1]])),
        "row",
      ) as InferFields<F>
    },
  }
}

/** What the ledger says of organisations, all of it public. */
export const networkRows = {
  members: rowOf({
    name: text(100),
    kind: memberKind,
    abilities: list(ability, 3),
    url: text(200),
    status: oneOf("active", "suspended"),
    admittedAt: uint(),
  }),
  licences: rowOf({
    all: list(object({ what: licence, from: uint(), to: nullable(uint()) }), 64),
  }),
  memberKeyLists: rowOf({ valid: list(publicKeySchema, 8), registeredAt: list(uint(), 32) }),
  validators: rowOf({
    key: publicKeySchema,
    status: oneOf("approved", "ready", "active", "leaving", "removed"),
  }),
  recoveries: rowOf({
    all: list(
      object({
        from: uint(),
        height: uint(),
        at: uint(),
        reason: oneOf("restored_backup", "lost_vault", "lost_keys"),
      }),
      MAX_RECOVERIES,
    ),
    permittedAt: nullable(uint()),
  }),
  memberCases: rowOf({
    member: memberId,
    kind: oneOf("duplicate_vote", "light_client_attack", "recovery"),
    height: uint(),
    time: uint(),
    status: oneOf("open", "closed"),
  }),
  brokenPromises: rowOf({ reporter: memberId, includeBy: uint(), at: uint() }),
  mismatches: rowOf({ reporter: memberId, at: uint() }),
  publicationCounts: rowOf({ count: uint() }),
  disclosures: rowOf({ event: hash32, index: uint(), at: uint() }),
} as const
