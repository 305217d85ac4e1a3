import { messageOf, PlatformError, toHex } from "@aceso/core"
import { readConfig, type StaffMember } from "../node/config.ts"
import { endedAt } from "../node/staff.ts"
import { layout, syncFolder } from "./layout.ts"
import { changeConfig } from "./node-json.ts"

/** The people of a home's node.json as it is now. @throws PlatformError `bad_config` */
export const readStaff = (folder: string): readonly StaffMember[] =>
  readConfig(layout(folder).config, {}, { folder }).staff

/**
 * Writes the end of a person's time into node.json, durably. Who is not in the file any more stays out of it.
 * @throws PlatformError `end_not_kept`; then the file is as before
 */
export function writeEnd(folder: string, { name, key, to }: StaffMember): void {
  if (to === undefined) return
  try {
    const staff = readStaff(folder)
    const ends = new Map(
      staff.map((one, i) => [i, toHex(one.key) === toHex(key) ? endedAt(one, to) : undefined]),
    )
    changeConfig(folder, ({ staff: given = [] }) => ({
      staff: (given as object[]).map((entry, i) => withEnd(entry, ends.get(i))),
    }))
    syncFolder(folder)
  } catch (cause) {
    throw new PlatformError(
      "end_not_kept",
      `${name} can do nothing here from now on, but node.json could not be changed (${messageOf(cause)}): after a restart ${name} would be back; mend it and run aceso staff end ${name} again`,
      { cause },
    )
  }
}

/** An entry of the file with another end; all else stays as it was written. */
function withEnd(entry: object, ended: StaffMember | undefined): object {
  if (!ended) return entry
  const { practitioner } = entry as { practitioner?: object }
  return {
    ...entry,
    to: ended.to,
    ...(practitioner && { practitioner: { ...practitioner, to: ended.practitioner?.to } }),
  }
}
