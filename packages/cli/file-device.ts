import { existsSync, readFileSync } from "node:fs"
import { type Device, type DeviceMemory, deviceMemory, NOTHING_REMEMBERED } from "@aceso/client"
import { messageOf, PlatformError } from "@aceso/core"
import { writeFile } from "@aceso/server/home/layout.ts"

/** What a patient's device remembers, as a file in the folder of the seed. */
export function fileDevice(path: string): Device {
  const read = (): DeviceMemory => {
    if (!existsSync(path)) return NOTHING_REMEMBERED
    try {
      return deviceMemory.parse(JSON.parse(readFileSync(path, "utf8")), "device", "json")
    } catch (cause) {
      throw new PlatformError(
        "memory_damaged",
        `what this device remembers (${path}) was changed or cut, and nothing of it is believed: ${messageOf(cause)}. Put a copy of the file back; without one, move it away: invitations that you gave, texts that were not handed over, and changes of your policy that were under way are not known any more`,
        { cause },
      )
    }
  }
  return {
    read: async () => read(),
    // One stretch without a pause: nobody of this process comes between.
    change: async (edit) => writeFile(path, JSON.stringify(deviceMemory.toJson(edit(read())))),
  }
}
