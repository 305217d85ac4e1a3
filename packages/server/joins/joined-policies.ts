import type { CustodiansDrug, SourceLine } from "@aceso/client"
import {
  type AccessQuery,
  decide,
  factsOf,
  type Handle,
  isObject,
  type JsonObject,
  NO_FACTS,
  PlatformError,
  type Policy,
  parseJson,
  toHex,
} from "@aceso/core"
import { drugsIn } from "../exchange/drugs.ts"
import type { Policies } from "../exchange/policies.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Reader } from "../readings/reading-event.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { patientAt } from "./own-patients.ts"

/** Who of the own staff looks, and what for. */
export type Viewer = Pick<AccessQuery, "practitioner" | "role" | "purpose">

export const viewerOf = ({ key, role, purpose }: Reader): Viewer => ({
  practitioner: toHex(key),
  role,
  purpose,
})

interface Asked {
  readonly policies: readonly Policy[]
  readonly query: AccessQuery
}

/** What is shown of joined handles. */
export interface JoinedShown extends Asked {
  readonly views: readonly { readonly handle: Handle; readonly alias: string }[]
  /** Aliases of whom nothing is shown, because their policies are not known. */
  readonly closed: readonly string[]
  /** Whether a policy of any of them denies it to this member of staff. */
  readonly denies: (content: Uint8Array | undefined) => boolean
}

/** What of an own patient's records staff sees where handles are joined: a join moves no rights, deny wins. */
export class JoinedPolicies {
  private readonly vault: SqliteVault
  private readonly policies: Policies
  private readonly ledger: Pick<LedgerClient, "member">

  constructor(vault: SqliteVault, policies: Policies, ledger: Pick<LedgerClient, "member">) {
    this.vault = vault
    this.policies = policies
    this.ledger = ledger
  }

  /** @param group handles of one person, that which was asked for first; one alone shows all of its records */
  async of(group: readonly Handle[], viewer: Viewer): Promise<JoinedShown> {
    const query: AccessQuery = { ...viewer, member: this.ledger.member, time: Date.now() }
    // Of a handle whose policy is not known nothing is shown under another's name.
    const known: { handle: Handle; alias: string; policy: Policy | undefined }[] = []
    const closed: string[] = []
    for (const [i, one] of group.entries()) {
      const { alias } = await patientAt(this.vault, one)
      const policy = group.length > 1 ? await this.policyOf(one) : undefined
      if (policy || i === 0) known.push({ handle: one, alias, policy })
      else closed.push(alias)
    }
    // Not even the handle that was asked for says what others may be shown with: then it stands alone.
    const views = known[0].policy ? known : known.slice(0, 1)
    for (const { alias } of known.slice(views.length)) closed.push(alias)
    const policies = views.flatMap(({ policy }) => policy ?? [])
    return {
      ...{ views, closed, policies, query },
      denies: (content) => policies.length > 0 && isDenied(policies, query, content),
    }
  }

  /** The drugs that records mean by reference; of joined handles what one of their policies denies is not named. */
  async drugsOf(lines: readonly Pick<SourceLine, "content">[], asked?: Asked): Promise<CustodiansDrug[]> {
    const isOpen = (medication: JsonObject) =>
      asked === undefined ||
      asked.policies.every((policy) => decide(policy, asked.query, factsOf(medication)) !== "deny")
    const contents = lines.map(({ content }) => content)
    const drugs = await drugsIn(this.vault, contents, (_record, medication) => isOpen(medication))
    return drugs.map((one) => ({ ...one, custodian: this.ledger.member }))
  }

  private async policyOf(handle: Handle): Promise<Policy | undefined> {
    try {
      return (await this.policies.inForce(handle)).policy
    } catch (error) {
      if (error instanceof PlatformError && error.code === "policy_unknown") return undefined
      throw error
    }
  }
}

function isDenied(policies: readonly Policy[], query: AccessQuery, content: Uint8Array | undefined): boolean {
  const resource = content?.length ? parseJson(content) : undefined
  const read = isObject(resource) ? factsOf(resource) : NO_FACTS
  // Of what cannot be read nobody knows what a denial says of it.
  const facts = content === undefined ? undefined : read
  return policies.some((policy) => decide(policy, query, facts) === "deny")
}
