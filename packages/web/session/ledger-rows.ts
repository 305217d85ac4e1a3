import type { Blocks } from "@aceso/client/blocks.ts"
import {
  type Bytes,
  type CaseRow,
  type CaseStepRow,
  type Cbor,
  caseRow,
  caseStepRow,
  decodeCbor,
  encodeCbor,
  type FindQuestion,
  type FoundTransaction,
  fromHex,
  type GenesisDocument,
  PlatformError,
  type Process,
  rowKeyHash,
  toHex,
  verifyRow,
} from "@aceso/core"
import type { VerifyAttestation } from "@aceso/core/explorer.ts"
import { ROW_FIELDS } from "./row-fields.ts"
import { valueShown } from "./shown-value.ts"

/** Transactions of one page of a search. */
const FOUND = 25
/** Steps of a case that are asked for at once. */
const STEPS = 200

export interface ShownFound extends Pick<FoundTransaction, "height" | "contract" | "action" | "rejection"> {
  /** In hexadecimal. */
  readonly id: string
}
/** `next`: where to go on, as it is given back; null: that was all. */
export interface ShownSearch {
  readonly found: readonly ShownFound[]
  readonly next: string | null
  /** Only blocks from this height on are searched. */
  readonly from: number
}

/** A row, proven here by the state of a block. */
export interface ShownRow {
  readonly table: string
  /** As text, bytes in hexadecimal. */
  readonly key: string
  readonly height: number
  /** ms */
  readonly time: number
  readonly restsOn: "operator" | "validators"
  /** null: there is none, which is proven as well. `fields` null: the row is of another version than is known here. */
  readonly row: {
    readonly fields: readonly { readonly name: string; readonly value: string }[] | null
    readonly all: string
  } | null
  /** The case that the row is of, in hexadecimal. */
  readonly ofCase: string | null
}

export interface ShownCaseRow
  extends Pick<CaseRow, "process" | "version" | "state" | "openedAt" | "since" | "endsAt"> {
  readonly height: number
  readonly restsOn: "operator" | "validators"
  readonly parties: readonly {
    readonly party: string
    readonly member: string | null
    readonly hasKey: boolean
  }[]
  readonly steps: readonly (Pick<CaseStepRow, "step" | "party" | "at" | "isAssisted"> & {
    readonly documents: readonly string[]
  })[]
  /** Steps that are not shown, the first of them. */
  readonly left: number
  /** null: the process is not known here. */
  readonly picture: Process | null
}

interface Looking {
  readonly blocks: Pick<Blocks, "find" | "rows">
  genesis(): Promise<GenesisDocument>
  verifier(): Promise<VerifyAttestation>
  /** Those of which a case can be shown by a picture. */
  readonly processes: readonly Process[]
}

const CASE_TABLES: ReadonlySet<string> = new Set(["cases", "caseSteps", "casePurses"])

/** Rows with proofs, cases, and transactions as they are sought, of whatever node is looked at. */
export function ledgerRowCalls({ blocks, genesis, verifier, processes }: Looking) {
  /** @throws PlatformError `bad_proof` */
  async function proven(table: string, keys: readonly (readonly Cbor[])[]) {
    const question = { table, keys: keys.map((key) => key.map((part) => encodeCbor(part))), height: 0 }
    const [answer, document, verify] = await Promise.all([blocks.rows(question), genesis(), verifier()])
    const { rows, checkpoint, operator, comet } = answer
    const bad = (what: string) =>
      new PlatformError("bad_proof", `the node gave a proof that does not hold: ${what}`)
    verify({ checkpoint, operator, comet }, document, bad)
    if (rows.length !== keys.length) throw bad("it is not about the rows that were asked for")
    rows.forEach(({ row, proof }, i) => {
      if (!verifyRow(checkpoint.stateRoot, rowKeyHash(table, keys[i]), row, proof))
        throw bad("it does not lead to the state root")
    })
    const restsOn = operator ? ("operator" as const) : ("validators" as const)
    return { rows: rows.map(({ row }) => row), checkpoint, restsOn }
  }

  /** Whose validator an address of a consensus key is, or was. @throws PlatformError `bad_proof` */
  async function validatorAt(address: Bytes): Promise<string | null> {
    const { rows } = await proven("validatorAddresses", [[address]])
    const member = rows[0] && (decodeCbor(rows[0]) as readonly Cbor[])[1]
    return typeof member === "string" ? member : null
  }

  const calls = {
    /** @param before the `next` of the page before */
    async ledgerFound(
      contract: string | null,
      member: string | null,
      before: string | null,
    ): Promise<ShownSearch> {
      const question = { contract, member, before: placeIn(before), limit: FOUND } as FindQuestion
      const { found, next, from } = await blocks.find(question)
      const isAsked = (one: FoundTransaction) => contract === null || one.contract === contract
      if (found.length > FOUND || !found.every(isAsked))
        throw new PlatformError("bad_answer", "the node shows transactions that were not asked for")
      return {
        found: found.map(({ height, payloadId, contract, action, rejection }) => ({
          ...{ height, id: toHex(payloadId), contract, action, rejection },
        })),
        next: next && `${next.height}.${next.index}`,
        from,
      }
    },

    /** @param key the CBOR of the row's key, in hexadecimal @throws PlatformError `bad_proof`, `bad_input` */
    async ledgerRow(table: string, key: string): Promise<ShownRow> {
      const parts = partsOf(key)
      const { rows, checkpoint, restsOn } = await proven(table, [parts])
      const [row] = rows
      const { height, time } = checkpoint
      const [first] = parts
      return {
        ...{ table, key: valueShown([...parts]), height, time, restsOn },
        row: row && rowShown(table, row),
        ofCase: CASE_TABLES.has(table) && first instanceof Uint8Array ? toHex(first) : null,
      }
    },

    /** @param id in hexadecimal @throws PlatformError `bad_proof`, `not_permitted`, `not_found` */
    async ledgerCase(id: string): Promise<ShownCaseRow> {
      if (!/^[0-9a-f]{64}$/.test(id))
        throw new PlatformError("bad_input", "the id of a case has 64 hexadecimal digits")
      const key = fromHex(id)
      const { rows, checkpoint, restsOn } = await proven("cases", [[key]])
      if (!rows[0])
        throw new PlatformError(
          "not_found",
          "the ledger has no case with this id; it is forgotten some time after its end",
        )
      const { process, version, state, openedAt, since, endsAt, size, parties } = caseRow(rows[0])
      const first = Math.max(0, size - STEPS)
      const numbers = Array.from({ length: size - first }, (_, i) => first + i)
      const steps =
        numbers.length === 0
          ? []
          : (
              await proven(
                "caseSteps",
                numbers.map((n) => [key, n]),
              )
            ).rows
      return {
        ...{ process, version, state, openedAt, since, endsAt, restsOn, left: first },
        height: checkpoint.height,
        picture: processes.find((one) => one.name === process && one.version === version) ?? null,
        parties: parties.map(({ party, member, key: of }) => ({ party, member, hasKey: of !== null })),
        steps: steps.flatMap((row) => (row ? [stepShown(caseStepRow(row))] : [])),
      }
    },
  }
  return { calls, validatorAt }
}

const stepShown = ({ step, party, at, isAssisted, documents }: CaseStepRow) => ({
  ...{ step, party, at, isAssisted, documents: documents.map(({ name }) => name) },
})

function rowShown(table: string, row: Bytes): NonNullable<ShownRow["row"]> {
  const value = decodeCbor(row)
  const known = ROW_FIELDS[table]
  const [version, ...fields] = Array.isArray(value) ? value : [undefined]
  const isKnown = known && version === known.version && fields.length === known.fields.length
  return {
    fields: isKnown ? known.fields.map((name, i) => ({ name, value: valueShown(fields[i] as Cbor) })) : null,
    all: valueShown(value),
  }
}

function partsOf(key: string): readonly Cbor[] {
  const bad = () => new PlatformError("bad_input", "this is no key of a row of the ledger")
  if (!/^([0-9a-f]{2}){1,8192}$/.test(key)) throw bad()
  const parts = decodeCbor(fromHex(key))
  if (!Array.isArray(parts) || parts.length > 4) throw bad()
  return parts
}

function placeIn(before: string | null): FindQuestion["before"] {
  if (before === null) return null
  const [, height, index] = /^(\d{1,15})\.(\d{1,10})$/.exec(before) ?? []
  if (height === undefined) throw new PlatformError("bad_input", "this is no place in a list")
  return { height: Number(height), index: Number(index) }
}
