import {
  type Bytes,
  type DelegateAbility,
  type Fields,
  type InferFields,
  type Member,
  object,
  type PublicKey,
  type Schema,
} from "@aceso/core"
import type { ActingDelegate } from "../delegates/delegates.ts"
import type { Edge } from "../http/edge.ts"
import type { StaffMember } from "../node/staff.ts"
import { type Bodies, read, written } from "./bodies.ts"

/** Bodies of other organisations, of staff, and of staff on the routes that take files. */
const SMALL = 256 * 1024
const MEDIUM = 8 * 2 ** 20
/** An input of 96 MiB, and what is said of it. */
export const LARGE = 96 * 2 ** 20 + 2 ** 16
/** A policy has at most 200 documents of 64 KiB, and 32 copies of them are handed over at once. */
const PATIENTS = 16 * 2 ** 20
const COPIES = 4 * 2 ** 20

type JsonSchema = Schema<unknown>["jsonSchema"]

interface Parameter {
  readonly name: string
  readonly isRequired: boolean
  readonly schema: JsonSchema
}

/** What is said of a route in the API's description, and what the edge looks at before it reads a body. */
interface Described {
  readonly method: "get" | "post"
  readonly path: string
  readonly summary: string
  readonly maxBytes: number
  /** Otherwise CBOR. */
  readonly isJson: boolean
  readonly question?: JsonSchema
  /** Of the query. */
  readonly parameters?: readonly Parameter[]
  readonly answer: JsonSchema
}

/** For the organisation's own people. */
export interface StaffRoute extends Described {
  readonly by: "staff"
  readonly whileRecovering: boolean
  readonly endsCaller: boolean
  answerTo(body: Bytes, who: StaffMember): Promise<Bytes>
}
/** For patients of this organisation: `callerFor` refuses unless the caller may act for that handle. */
export interface PatientRoute extends Described {
  readonly by: "patient"
  /** What a delegate has to be allowed to do, one of these; empty: the person alone does this. */
  readonly delegates: readonly DelegateAbility[] | "any"
  /** That a delegate used it stands in the audit. */
  readonly isNoted: boolean
  /** @param key by which it was signed */
  answerTo(
    body: Bytes,
    callerFor: (handle: Bytes) => Promise<ActingDelegate | undefined>,
    key: Bytes,
  ): Promise<Bytes>
}
/** For whoever has a one-time key of a case. */
export interface CaseRoute extends Described {
  readonly by: "case key"
  answerTo(body: Bytes, key: PublicKey): Promise<Bytes>
}
/** For a patient's new device, whose digits were typed at the desk. */
export interface PairingRoute extends Described {
  readonly by: "pairing key"
  answerTo(body: Bytes, key: PublicKey): Promise<Bytes>
}
/** For patients of any organisation. */
export interface VisitorRoute extends Described {
  readonly by: "visitor"
  answerTo(body: Bytes, key: Bytes): Promise<Bytes>
}
/** Between organisations; the answer is signed. */
export interface MemberRoute extends Described {
  readonly by: "member"
  /** Nothing is changed: asked again within its time, it does no more than the first time. */
  readonly isRead: boolean
  readonly calls?: keyof Edge["calls"]
  /** @param key by which the member signs */
  answerTo(body: Bytes, member: Member, key: PublicKey): Promise<Bytes>
}
/** What anybody asks, of the ledger or of what this organisation keeps. */
interface ForAnybody extends Described {
  /** Of what it keeps, or in its name: not while the vault is behind the ledger. */
  readonly isOfVault: boolean
}
/** For anybody: what is called with a body. */
export interface PublicCall extends ForAnybody {
  readonly by: "nobody"
  readonly method: "post"
  readonly calls: keyof Edge["calls"]
  /** @param from whom the caller is taken for: the network address */
  answerTo(body: Bytes, from: string): Promise<Bytes>
}
/** For anybody: what is read. */
export interface PublicRead extends ForAnybody {
  readonly by: "nobody"
  readonly method: "get"
  readonly calls?: keyof Edge["calls"]
  answerTo(query: (name: string) => string | undefined): Promise<Bytes>
}
/** Answered with events for as long as the caller may hear them; which, the service `live` says. */
export interface LiveRoute extends Described {
  readonly by: "listening staff" | "listening patient"
}
export type Route =
  | StaffRoute
  | PatientRoute
  | CaseRoute
  | PairingRoute
  | VisitorRoute
  | MemberRoute
  | PublicCall
  | PublicRead
  | LiveRoute

/** A route as a module declares it. */
interface Declared<A, Q> extends Pick<Bodies<A, Q>, "question" | "answer"> {
  readonly path: string
  readonly summary: string
  readonly maxBytes?: number
}
type Answer<A> = NoInfer<A> | Promise<NoInfer<A>>

export const staffRoute = <A, Q = undefined>(
  declared: Declared<A, Q> & {
    /** Refuses who of the staff may not ask this, before the question is looked at. */
    readonly check?: (who: StaffMember) => void
    /**
     * Also while the vault is behind the ledger: the way out of that, to import what can be imported, and, before anybody
     * outside reads again, to withhold what was withheld since the backup and to stop moves that it brought back.
     */
    readonly whileRecovering?: true
    /** May end the caller's own time: answered all the same. */
    readonly endsCaller?: true
    handle(question: NoInfer<Q>, who: StaffMember): Answer<A>
  },
): StaffRoute => ({
  ...described(declared, MEDIUM),
  by: "staff",
  whileRecovering: declared.whileRecovering ?? false,
  endsCaller: declared.endsCaller ?? false,
  async answerTo(body, who) {
    declared.check?.(who)
    return written(declared, await declared.handle(read(declared, body), who))
  },
})

export const patientRoute = <A, Q extends { readonly handle: Bytes }>(
  declared: Declared<A, Q> & {
    readonly question: Schema<Q>
    /** Also for delegates who may do one of these. */
    readonly delegates?: readonly DelegateAbility[] | "any"
    /** What it comes to is noted elsewhere. */
    readonly isUnnoted?: true
    /** @param delegate undefined: the person @param key by which it was signed: the person's, or the delegate's */
    handle(question: NoInfer<Q>, delegate: ActingDelegate | undefined, key: Bytes): Answer<A>
  },
): PatientRoute => ({
  ...described(declared, PATIENTS),
  by: "patient",
  delegates: declared.delegates ?? [],
  isNoted: declared.isUnnoted !== true,
  async answerTo(body, callerFor, key) {
    const question = read(declared, body)
    const delegate = await callerFor(question.handle)
    return written(declared, await declared.handle(question, delegate, key))
  },
})

export const caseRoute = <A, Q = undefined>(
  declared: Declared<A, Q> & { handle(question: NoInfer<Q>, key: PublicKey): Answer<A> },
): CaseRoute => ({
  ...described(declared, PATIENTS),
  by: "case key",
  answerTo: async (body, key) => written(declared, await declared.handle(read(declared, body), key)),
})

export const pairingRoute = <A, Q = undefined>(
  declared: Declared<A, Q> & {
    readonly maxBytes: number
    handle(question: NoInfer<Q>, key: PublicKey): Answer<A>
  },
): PairingRoute => ({
  ...described(declared, declared.maxBytes),
  by: "pairing key",
  answerTo: async (body, key) => written(declared, await declared.handle(read(declared, body), key)),
})

export const visitorRoute = <A, Q = undefined>(
  declared: Declared<A, Q> & { handle(question: NoInfer<Q>, key: Bytes): Answer<A> },
): VisitorRoute => ({
  ...described(declared, COPIES),
  by: "visitor",
  answerTo: async (body, key) => written(declared, await declared.handle(read(declared, body), key)),
})

export const memberRoute = <A, Q = undefined>(
  declared: Declared<A, Q> & {
    readonly isRead?: true
    /** Among which calls it counts that are worked on at one time. */
    readonly calls?: keyof Edge["calls"]
    handle(question: NoInfer<Q>, member: Member, key: PublicKey): Answer<A>
  },
): MemberRoute => ({
  ...described(declared, SMALL),
  by: "member",
  isRead: declared.isRead ?? false,
  ...(declared.calls && { calls: declared.calls }),
  answerTo: async (body, member, key) =>
    written(declared, await declared.handle(read(declared, body), member, key)),
})

export const publicCall = <A, Q>(
  declared: Declared<A, Q> & {
    readonly question: Schema<Q>
    readonly maxBytes: number
    readonly isJson?: true
    readonly isOfVault?: true
    /** Among which calls it counts that are worked on at one time. */
    readonly calls: keyof Edge["calls"]
    /** @param from whom the caller is taken for: the network address */
    handle(question: NoInfer<Q>, from: string): Answer<A>
  },
): PublicCall => ({
  ...described(declared, declared.maxBytes),
  isOfVault: declared.isOfVault ?? false,
  isJson: declared.isJson ?? false,
  by: "nobody",
  method: "post",
  calls: declared.calls,
  answerTo: async (body, from) => written(declared, await declared.handle(read(declared, body), from)),
})

export const publicRead = <A, F extends Fields = Record<never, never>>(
  declared: Pick<Declared<A, never>, "path" | "summary" | "answer"> & {
    /** Of each parameter: undefined or a text becomes what it means. */
    readonly query?: F
    readonly isOfVault?: true
    readonly calls?: keyof Edge["calls"]
    handle(query: NoInfer<InferFields<F>>): Answer<A>
  },
): PublicRead => {
  const fields = Object.entries<Schema<unknown>>(declared.query ?? {})
  const { jsonSchema } = declared.answer
  return {
    ...{ path: declared.path, summary: declared.summary, answer: jsonSchema, maxBytes: 0, isJson: true },
    by: "nobody",
    method: "get",
    isOfVault: declared.isOfVault ?? false,
    parameters: fields.map(([name, { isOptional, jsonSchema: schema }]) => ({
      ...{ name, isRequired: !isOptional, schema },
    })),
    ...(declared.calls && { calls: declared.calls }),
    async answerTo(given) {
      const query = Object.fromEntries(
        fields.map(([name, schema]) => [name, schema.parse(given(name), name)]),
      )
      return written({ ...declared, isJson: true }, await declared.handle(query as InferFields<F>))
    },
  }
}

/** Without a body. */
export const liveRoute = (declared: Pick<LiveRoute, "by" | "path" | "summary">): LiveRoute => ({
  ...declared,
  ...{ method: "get", maxBytes: 0, isJson: false, answer: { type: "string" } },
})

const nothing: JsonSchema = object({}).jsonSchema

function described<A, Q>({ path, summary, question, answer, ...rest }: Declared<A, Q>, maxBytes: number) {
  return {
    method: "post" as const,
    ...{ path, summary, maxBytes: rest.maxBytes ?? maxBytes, isJson: false },
    question: question?.jsonSchema ?? nothing,
    answer: answer.jsonSchema,
  }
}
