import { eventType, hash32, memberId, object, oneOf, publicKeySchema, uint } from "@aceso/core"
import { recoveryReason } from "./tables.ts"

/** What governance tells; all of it concerns all members. */

const ofProposal = <const N extends string>(name: N) =>
  eventType({ name, data: object({ proposal: hash32 }), readers: "members" })
export const proposalOpen = ofProposal("proposalOpen")
export const proposalRejected = ofProposal("proposalRejected")
export const proposalPassed = ofProposal("proposalPassed")
/** It passed when what it wanted had become impossible. */
export const proposalWithoutEffect = ofProposal("proposalWithoutEffect")

const ofKey = <const N extends string>(name: N) =>
  eventType({ name, data: object({ member: memberId, key: publicKeySchema }), readers: "members" })
export const keyRegistered = ofKey("keyRegistered")
export const keyRetired = ofKey("keyRetired")

export const recoveryOpened = eventType({
  name: "recoveryOpened",
  data: object({ member: memberId, from: uint(), reason: recoveryReason, case: hash32 }),
  readers: "members",
})
export const recoveryPermitted = eventType({
  name: "recoveryPermitted",
  data: object({ member: memberId }),
  readers: "members",
})

export const validatorMisbehaved = eventType({
  name: "validatorMisbehaved",
  data: object({
    case: hash32,
    member: memberId,
    kind: oneOf("duplicate_vote", "light_client_attack"),
    height: uint(),
  }),
  readers: "members",
})
/** `from`: the height from which CometBFT has it. */
export const validatorChanged = eventType({
  name: "validatorChanged",
  data: object({ member: memberId, key: publicKeySchema, power: uint(1000), from: uint() }),
  readers: "members",
})
