import type { StaffClient } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { addAtHome, peopleAtHome } from "@aceso/server/home/people.ts"
import { readHome } from "@aceso/server/home/read.ts"
import { type NewPerson, newPerson } from "@aceso/server/node/person.ts"
import { demoIn } from "./demos.ts"
import { type Session, type StaffFile, UsageError } from "./session.ts"

/**
 * What became of somebody who is new: they work with the node at once (`published`: so others know; `unpublished`: the
 * ledger does not have the directory yet), once a `second` administrator agrees, or from its next start on; or it
 * started at that moment and may know of nothing.
 */
export type Taken = "published" | "unpublished" | "second" | "at_start" | "started_meanwhile"

/** Where somebody is taken on: by a node that runs, or in the vault of one that does not. */
export interface Newcomers {
  readonly member: string
  /** Where the node is reached. */
  readonly url: string
  /** Of all whom the node knows. */
  names(): Promise<readonly string[]>
  add(person: NewPerson): Promise<Taken>
  /** Whether it is sure that nobody was taken on. */
  isRefusal(error: unknown): boolean
}

/** What a node in trouble answers, and what a proxy before it: somebody may have been taken on all the same. */
const UNSURE = ["internal_fault", "bad_answer"] as const

/** @throws UsageError, and those of readHome */
export function newcomersOf(session: Session): Newcomers {
  const home = session.stoppedHome
  if (home !== undefined) return ofStopped(home)
  const { nodeFolder } = session
  const ways =
    nodeFolder !== undefined && demoIn(nodeFolder)
      ? "the node is running: act as one of its administrators (--as <name>), or stop it and run the same line again without --as"
      : undefined
  try {
    const { client, person } = session.staff()
    return ofRunning(client, person, ways)
  } catch (error) {
    if (!(error instanceof UsageError) || ways === undefined) throw error
    throw new UsageError(`${error.message}; ${ways}`, { cause: error })
  }
}

/** @param ways what whoever has the node's folder can do instead */
function ofRunning(client: StaffClient, { name, member, node: url }: StaffFile, ways?: string): Newcomers {
  const asked = <T>(call: Promise<T>): Promise<T> =>
    call.catch((cause) => {
      if (!(cause instanceof PlatformError) || cause.code !== "not_permitted" || ways === undefined)
        throw cause
      const { details } = cause
      throw new PlatformError("not_permitted", `${name} does not administer this node; ${ways}`, {
        ...{ cause, details },
      })
    })
  return {
    ...{ member, url },
    names: async () => (await asked(client.people.all())).map((one) => one.name),
    async add(person) {
      const { isPublished, waitsForSecond } = await asked(client.people.add(person))
      return waitsForSecond ? "second" : isPublished ? "published" : "unpublished"
    },
    isRefusal: (error) =>
      error instanceof PlatformError &&
      error.details.status !== undefined &&
      !UNSURE.some((code) => code === error.code),
  }
}

function ofStopped(home: string): Newcomers {
  const { member, url } = readHome(home, "edit").config
  return {
    ...{ member, url },
    names: () => peopleAtHome(home, async (table) => (await table.all()).map((one) => one.name)),
    async add(person) {
      await addAtHome(home, newPerson(person))
      // A node says that it runs before it reads its people: one that says so by now may have read them before.
      return demoIn(home) ? "started_meanwhile" : "at_start"
    },
    isRefusal: () => true,
  }
}
