import {
  type Proposal,
  proposalsAnswer,
  proposalsQuestion,
  proposeAnswer,
  releaseVersionsAnswer,
  reportAnswer,
  type VersionsAnswer,
  versionsAnswer,
} from "@aceso/client"
import { activations, governance, PROPOSAL_LIFETIME_MS, proposals } from "@aceso/contracts"
import {
  bool,
  bytes,
  type Cbor,
  decodeCbor,
  domainHash,
  encodeCbor,
  evidence,
  hash32,
  object,
  toHex,
  verifyEvidence,
} from "@aceso/core"
import type { Engine, Submitted } from "@aceso/ledger"
import { serverModule } from "../modules/module.ts"
import { LARGE, staffRoute } from "../modules/route.ts"
import { knownProcesses } from "./processes.ts"
import { contractSources, releaseSources } from "./sources.ts"
import { mustBeAdministrator } from "./staff.ts"
import { wholeTable } from "./table-cache.ts"

/** A client sees as many: those that wait for votes first, of which a member has few (MAX_OPEN_PROPOSALS). */
const MAX_PROPOSALS = 1_000

/** What the organisation decides together with the others; the node signs with the member's key. */
export const governanceModule = serverModule({
  name: "governance",
  needs: ["document", "engine", "ledger"],
  setup: ({ document, engine, ledger }) => ({
    routes: [
      // Whatever changes the governance contract knows.
      staffRoute({
        path: "/staff/propose",
        summary: "proposes changes of the network, as the member",
        check: mustBeAdministrator,
        question: governance.actions.propose.input,
        answer: proposeAnswer,
        handle: async (input) => outcomeOf(await ledger.call("governance", "propose", input as Cbor)),
      }),
      staffRoute({
        path: "/staff/proposals",
        summary: "proposals, the open ones first, each newest first",
        question: proposalsQuestion,
        answer: proposalsAnswer,
        handle: async ({ all, begins }) => ({ proposals: await proposalsOf(engine, all, begins) }),
      }),
      staffRoute({
        path: "/staff/vote",
        summary: "votes on a proposal, as the member",
        check: mustBeAdministrator,
        question: object({ proposal: hash32, yes: bool() }),
        answer: proposeAnswer,
        handle: async (ballot) => outcomeOf(await ledger.call("governance", "vote", ballot)),
      }),
      staffRoute({
        path: "/staff/versions",
        summary: "versions of contracts and processes that this release brings and no ballot decided yet",
        check: mustBeAdministrator,
        answer: versionsAnswer,
        handle: () => versionsOf(engine),
      }),
      staffRoute({
        path: "/staff/release-versions",
        summary:
          "versions of contracts and processes that this release executes, with the hash of their sources",
        check: mustBeAdministrator,
        answer: releaseVersionsAnswer,
        handle: () => ({
          versions: releaseSources(knownProcesses()).map(({ name: contract, ...rest }) => ({
            contract,
            ...rest,
          })),
        }),
      }),
      // Checked offline, against this node's own genesis.
      staffRoute({
        path: "/staff/report",
        summary: "checks evidence and puts its hash on the ledger",
        check: mustBeAdministrator,
        question: object({ evidence: bytes(1, 64 * 2 ** 20) }),
        answer: reportAnswer,
        maxBytes: LARGE,
        async handle({ evidence: file }) {
          const { custodian, says } = verifyEvidence(evidence.parse(decodeCbor(file), "evidence"), document)
          const hash = domainHash("evidence", file)
          const report = { custodian, evidence: hash }
          const { payloadId, height } = await ledger.call("disclosure", "reportMismatch", report)
          return { custodian, says, evidence: hash, payloadId, height }
        },
      }),
    ],
  }),
})

/** Of each the newest that is here, where it is newer than the last that was decided. */
async function versionsOf(engine: Engine): Promise<VersionsAnswer> {
  const newest = contractSources(knownProcesses())
  const versions = []
  for (const { name: contract, version, sources } of newest) {
    const last = (await engine.read(activations, [contract]))?.versions.at(-1)?.version ?? 0
    const isNewer = newest.every((one) => one.name !== contract || one.version <= version)
    if (version > last && isNewer) versions.push({ contract, version, sources })
  }
  return { versions, height: (await engine.status()).checkpoint.height }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  proposalOpen: "open",
  proposalPassed: "passed",
  proposalRejected: "rejected",
  proposalWithoutEffect: "without_effect",
}

/** The contract says in its event what became of the proposal. */
function outcomeOf({ payloadId, height, events }: Submitted) {
  const event = events.find(({ name }) => Object.hasOwn(OUTCOMES, name))
  return proposeAnswer.parse({
    proposal: event?.data.proposal,
    outcome: OUTCOMES[event?.name ?? ""],
    payloadId,
    height,
  })
}

/** @param begins how the id begins, in hexadecimal */
async function proposalsOf(engine: Engine, all: boolean, begins = ""): Promise<Proposal[]> {
  const { checkpoint } = await engine.status()
  const rows = await wholeTable(engine, proposals)
  const waits = ({ status }: Proposal) => (status === "open" ? 1 : 0)
  return rows
    .filter(({ key: [id] }) => begins === "" || toHex(id).startsWith(begins))
    .map(({ key: [id], row }): Proposal => {
      const { proposer, voters, yes, no, openedAt } = row
      const lapsesAt = openedAt + PROPOSAL_LIFETIME_MS
      const status = row.status === "open" && checkpoint.time >= lapsesAt ? "lapsed" : row.status
      const changes = row.changes.map((change) => encodeCbor(change as unknown as Cbor))
      return { id, proposer, changes, voters, yes, no, openedAt, lapsesAt, status }
    })
    .filter(({ status }) => all || status === "open")
    .sort((a, b) => waits(b) - waits(a) || b.openedAt - a.openedAt)
    .slice(0, MAX_PROPOSALS)
}
