import type { PatientClient, StaffClient } from "@aceso/client"
import type { Bytes, MemberId } from "@aceso/core"

/** What calls of a capability's pages are made of, in the session of a patient. `url`: the node that is asked first. */
export interface PatientParts {
  readonly client: PatientClient
  readonly url: string
}

/** The same, in the session of somebody who works with a node. */
export interface StaffParts {
  readonly client: StaffClient
  readonly member: MemberId
  readonly seed: Bytes
  readonly url: string
}

/** The same, in the session of whoever looks at a node without any right. */
export interface OpenParts {
  readonly url: string
}

type Maker = (parts: never) => object

/** What a list of makers makes together, one's calls beside the other's. */
type Joined<C extends readonly Maker[]> = C extends readonly [
  infer One extends Maker,
  ...infer Rest extends Maker[],
]
  ? ReturnType<One> & Joined<Rest>
  : object

/** What all of them take. */
type Taken<C extends readonly Maker[]> = C[number] extends (parts: infer P) => object ? P : never

/** Calls of several capabilities, made of the same parts, as one object; of none, an empty one. */
export const joined =
  <C extends Maker[]>(makers: readonly [...C]) =>
  (parts: Taken<C>): Joined<C> =>
    Object.assign({}, ...makers.map((make) => make(parts as never)))
