import {
  endNoticeQuestion,
  joinShown,
  joinsAnswer,
  misfiledQuestion,
  moveAnswer,
  moveQuestion,
  movesAnswer,
  noticesAnswer,
  okAnswer,
  pageQuestion,
  pairQuestion,
  partAnswer,
  reasonedMoveQuestion,
  toldQuestion,
} from "@aceso/client"
import { object, PlatformError, text } from "@aceso/core"
import type { StaffMember } from "../node/config.ts"
import { isInOffice } from "../node/staff.ts"
import type { StaffHandler } from "./handlers.ts"
import { encoded, parseBody } from "./signed.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

const ok = encoded(okAnswer.parse({ ok: true }))

/** Whose time of office has ended decides nothing about patients. */
export function mustDecide(who: StaffMember, now = Date.now()): void {
  mustBeAdministrator(who.isAdministrator)
  if (!isInOffice(who, now))
    throw new PlatformError("not_permitted", "your time in this organisation's directory has ended")
}

/** Mistaken identities: who is whom, and records that stand at the wrong patient. */
export const joinRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/same": async (node, body, who) => {
    mustDecide(who)
    const { a, b, reason } = parseBody(pairQuestion, body)
    return encoded(joinShown.parse(await node.services.joins.same(who, a, b, reason)))
  },
  "/staff/apart": async (node, body, who) => {
    mustDecide(who)
    const { a, b, reason } = parseBody(pairQuestion, body)
    return encoded(partAnswer.parse(await node.services.joins.apart(who, a, b, reason)))
  },
  "/staff/joins": async (node, body) => {
    const { alias } = parseBody(object({ alias: text(64) }), body)
    return encoded(joinsAnswer.parse({ joins: await node.services.joins.list(alias) }))
  },
  "/staff/misfiled": async (node, body, who) => {
    mustDecide(who)
    return encoded(
      moveAnswer.parse(await node.services.moves.misfiled(who, parseBody(misfiledQuestion, body))),
    )
  },
  "/staff/moves": async (node, body) => {
    const { before, limit, all } = parseBody(pageQuestion, body)
    return encoded(
      movesAnswer.parse({ moves: await node.services.moves.list({ before, limit, isOpen: !all }) }),
    )
  },
  "/staff/approve-move": async (node, body, who) => {
    mustDecide(who)
    return encoded(moveAnswer.parse(await node.services.moves.approve(who, parseBody(moveQuestion, body).id)))
  },
  "/staff/stop-move": async (node, body, who) => {
    mustDecide(who)
    const { id, reason } = parseBody(reasonedMoveQuestion, body)
    return encoded(moveAnswer.parse(await node.services.moves.stop(who, id, reason)))
  },
  "/staff/return-move": async (node, body, who) => {
    mustDecide(who)
    const { id, reason } = parseBody(reasonedMoveQuestion, body)
    return encoded(moveAnswer.parse(await node.services.moves.returnMove(who, id, reason)))
  },
  "/staff/told": async (node, body, who) => {
    mustDecide(who)
    const { id, alias } = parseBody(toldQuestion, body)
    return encoded(moveAnswer.parse(await node.services.moves.told(who, id, alias)))
  },
  /** What other organisations told, and what they were told. */
  "/staff/notices": async (node, body) => {
    const { before, limit, all } = parseBody(pageQuestion, body)
    return encoded(noticesAnswer.parse(await node.services.notices.page({ before, limit, isOpen: !all })))
  },
  "/staff/end-notice": async (node, body, who) => {
    mustDecide(who)
    const { custodian, id } = parseBody(endNoticeQuestion, body)
    await node.services.notices.end(custodian, id)
    return ok
  },
  "/staff/send-notices": async (node, _body, who) => {
    mustDecide(who)
    await node.services.notices.sendAgain()
    await node.services.notices.run()
    return ok
  },
}
