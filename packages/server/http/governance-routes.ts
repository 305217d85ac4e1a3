import { type Proposal, proposalsAnswer, proposalsQuestion, proposeAnswer, reportAnswer } from "@aceso/client"
import { governance, PROPOSAL_LIFETIME_MS, proposals } from "@aceso/contracts"
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
  readGenesis,
  toHex,
  verifyEvidence,
} from "@aceso/core"
import type { Submitted } from "@aceso/ledger"
import type { AcesoNode } from "../node/node.ts"
import { wholeTable } from "../node/table-cache.ts"
import type { StaffHandler } from "./handlers.ts"
import { encoded, parseBody } from "./signed.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

/** A client sees as many: those that wait for votes first, of which a member has few (MAX_OPEN_PROPOSALS). */
const MAX_PROPOSALS = 1_000

/** What the organisation decides together with the others; the node signs with the member's key. */
export const governanceRoutes: Readonly<Record<string, StaffHandler>> = {
  /** Whatever changes the governance contract knows. */
  "/staff/propose": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const input = governance.actions.propose.input.parse(decodeCbor(body), "body")
    return encoded(outcomeOf(await node.services.ledger.call("governance", "propose", input as Cbor)))
  },

  "/staff/proposals": async (node, body) => {
    const { all, begins } = parseBody(proposalsQuestion, body)
    return encodeCbor(encoded(proposalsAnswer.parse({ proposals: await proposalsOf(node, all, begins) })))
  },

  "/staff/vote": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const ballot = parseBody(object({ proposal: hash32, yes: bool() }), body)
    return encoded(outcomeOf(await node.services.ledger.call("governance", "vote", ballot)))
  },

  /** Evidence is checked offline, against this node's own genesis; its hash goes to the ledger. */
  "/staff/report": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { evidence: file } = parseBody(object({ evidence: bytes(1, 64 * 2 ** 20) }), body)
    const { custodian, says } = verifyEvidence(
      evidence.parse(decodeCbor(file), "evidence"),
      readGenesis(node.services.genesis),
    )
    const hash = domainHash("evidence", file)
    const { payloadId, height } = await node.services.ledger.call("disclosure", "reportMismatch", {
      custodian,
      evidence: hash,
    })
    return encoded(reportAnswer.parse({ custodian, says, evidence: hash, payloadId, height }))
  },
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
async function proposalsOf(node: AcesoNode, all: boolean, begins = ""): Promise<Proposal[]> {
  const { checkpoint } = await node.services.engine.status()
  const rows = await wholeTable(node.services.engine, proposals)
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
