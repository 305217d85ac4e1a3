import {
  accessAnswer,
  accessQuestion,
  blocksAnswer,
  historyAnswer,
  historyQuestion,
  visitorAnswer,
  visitorQuestion,
  visitorsAnswer,
  visitorsQuestion,
} from "@aceso/client"
import {
  type AccessRequest,
  bool,
  encodeCbor,
  object,
  PlatformError,
  payloadId,
  practitionerProof,
  toHex,
  uint,
} from "@aceso/core"
import { withRoom } from "../exchange/room.ts"
import { tamper, undoTamper } from "../node/tamper.ts"
import type { Visitor } from "../vault/vault-visitors.ts"
import type { StaffHandler } from "./handlers.ts"
import { encoded, parseBody } from "./signed.ts"

export function mustBeAdministrator(isAdministrator: boolean): void {
  if (!isAdministrator)
    throw new PlatformError("not_permitted", "only an administrator of this organisation may do this")
}

/** What the organisation's own people ask their node. */
export const staffRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/visitors": async (node, body) => {
    const { after, limit } = parseBody(visitorsQuestion, body)
    const visitors = await node.services.vault.visitors(after, limit)
    const next = visitors.length === limit ? (visitors.at(-1)?.id ?? null) : null
    return encoded(visitorsAnswer.parse({ visitors: visitors.map(shown), next }))
  },

  /** One visitor, by any of its aliases; null: there is none. */
  "/staff/visitor": async (node, body) => {
    const visitor = await node.services.vault.visitor(parseBody(visitorQuestion, body))
    return encoded(visitorAnswer.parse({ visitor: visitor ? shown(visitor) : null }))
  },

  "/staff/proof": async (node, _body, who) =>
    encoded(practitionerProof.parse(node.services.personnel.proofOf(who.key))),

  "/staff/request": async (node, body, who) => {
    const proof = node.services.personnel.proofOf(who.key)
    const { card, wish, words } = parseBody(accessQuestion, body)
    if (words.length !== card.statements.length)
      throw new PlatformError("bad_input", "words: expected one for each statement of the card")
    const { visitor, folded } = await node.services.visitors.keepCard(card)
    const requests = words.map(({ requestId, time, signature }, i): AccessRequest => {
      const statement = card.statements[i]
      const practitioner = { proof, signature }
      return { network: statement.network, requestId, statement, ...wish, time, practitioner }
    })
    const outcomes = await node.services.requester.request(requests)
    return encoded(accessAnswer.parse({ outcomes, visitor: visitor.alias, folded }))
  },

  "/staff/history": async (node, body, who) => {
    const { purpose, asked, alsoOwn, ownSince, filter } = parseBody(historyQuestion, body)
    const proof = node.services.personnel.proofOf(who.key)
    const ownPlace = alsoOwn ? [{ custodian: node.services.config.member, handle: alsoOwn }] : []
    await node.services.visitors.mustBeOne([...asked, ...ownPlace])
    const copies = await node.services.visitors.copiesOf(asked)
    const { key, role } = proof.practitioner
    const own = alsoOwn
      ? await node.services.ownView.of(alsoOwn, { practitioner: toHex(key), role, purpose }, ownSince, filter)
      : { lines: [], drugs: [], joined: [], lost: [], own: null }
    const others = asked.filter(({ custodian }) => custodian !== node.services.config.member)
    const history = await node.services.requester.history(others, purpose, proof, copies, own, filter)
    const notices = await node.services.notices.about(others)
    return encodeCbor(
      encoded(
        historyAnswer.parse({
          ...history,
          timeline: withRoom(history.timeline),
          joined: own.joined,
          lost: own.lost,
          own: own.own,
          notices,
        }),
      ),
    )
  },

  "/staff/receipt": async (node, body) => {
    const question = parseBody(object({ payloadId }), body)
    return encodeCbor(encoded(await node.services.engine.receipt(question.payloadId)))
  },

  "/staff/blocks": async (node, body) => {
    const { from } = parseBody(object({ from: uint() }), body)
    const kind = (await node.services.ledger.ownMember())?.kind
    if (kind !== "authority" && kind !== "custodian")
      throw new PlatformError(
        "not_permitted",
        "blocks are for custodians and authorities; other members read rows with proofs",
      )
    return encodeCbor(encoded(blocksAnswer.parse(await node.blocks(from))))
  },

  "/staff/tamper": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { undo } = parseBody(object({ undo: bool() }), body)
    return encoded(undo ? await undoTamper(node.services) : await tamper(node.services))
  },
}

const shown = ({ id: _id, ...visitor }: Visitor) => visitor
