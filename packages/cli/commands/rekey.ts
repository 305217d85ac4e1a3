import { PlatformError } from "@aceso/core"
import { isStaff } from "../cases/party.ts"
import { command, type Group } from "../command.ts"
import { UsageError } from "../session.ts"
import { AT } from "./delegates-invite.ts"

const cancel = command({
  summary:
    "takes back, within 72 hours, the key that a desk put in place of a patient's: by the patient, or at the desk",
  arguments: [
    { name: "patient", words: "at the desk: an alias, as aceso patients shows it", count: "optional" },
  ],
  options: { at: AT },
  example: "aceso rekey cancel --as patient-1",
  fails: "no other key waits, or this device does not have the key that still counts",
  async run(session, { positionals, values }) {
    const [alias] = positionals
    if (isStaff(session)) {
      if (alias === undefined)
        throw new UsageError("whose? aceso rekey cancel <patient>, as aceso patients shows it")
      if (values.at !== undefined)
        throw new UsageError("--at is for a patient: a desk takes back what this organisation began")
      const { client, person } = session.staff()
      await client.desk.cancelRekey(alias)
      return { at: [person.member], patient: alias }
    }
    if (alias !== undefined) throw new UsageError("a patient names nobody: the device has the key")
    const { client } = await session.patient()
    const isMeant = (custodian: string) => values.at === undefined || custodian === values.at
    const { all, unseen } = await client.rekeys()
    const pending = all.filter(({ isPending, place }) => isPending && isMeant(place.custodian))
    const [silent] = unseen.filter(({ custodian }) => isMeant(custodian))
    if (pending.length === 0 && silent) throw silent.fault
    if (pending.length === 0)
      throw new PlatformError(
        "no_rekey",
        "no other key waits to take the place of yours: nothing was changed; see aceso requests",
      )
    for (const { place } of pending) await client.cancelRekey(place)
    return { at: pending.map(({ place }) => place.custodian), patient: null }
  },
  print: ({ at, patient }) =>
    [
      ...at.map(
        (custodian) =>
          `  the other key at ${custodian} is taken back: ${patient === null ? "yours" : `the one that ${patient} has`} counts on`,
      ),
      ...(patient === null
        ? ["  if you did not ask for it there, somebody passed for you at that desk: tell them, or complain"]
        : []),
    ].join("\n"),
})

export const rekey: Group = {
  summary: "another key in place of a patient's lost one",
  parts: { cancel },
}
