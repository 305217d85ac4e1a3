import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes } from "@aceso/core"
import type { Device, DeviceMemory } from "../device.ts"

type Invited = NonNullable<DeviceMemory["invited"]>[number]
type Written = NonNullable<DeviceMemory["written"]>[number]

export const invitation = (name: string): Invited => ({
  ...{ custodian: "city", handle: randomBytes(32) },
  opening: { salt: randomBytes(32), scope: { name, relation: "carer", may: ["read"], until: 1 } },
})
export const letter = (n: number, size = 10): Written => ({
  ...{ case: randomBytes(32), n, name: "text", owed: ["city"] },
  document: { content: randomBytes(size), salt: randomBytes(32), word: null },
})
export const inviting =
  (one: Invited) =>
  (memory: DeviceMemory): DeviceMemory => ({ ...memory, invited: [...(memory.invited ?? []), one] })
export const writing =
  (one: Written) =>
  (memory: DeviceMemory): DeviceMemory => ({ ...memory, written: [...(memory.written ?? []), one] })

/** What is remembered: a file's, a browser's, or no longer than the process lives. */
export function deviceSuite(
  comment: string,
  { open, lasts = true }: { open: () => { device: Device; again: () => Device }; lasts?: boolean },
): void {
  describe(`what a device remembers, ${comment}`, () => {
    it("is nothing at first", async () => {
      const { places, invited = [], written = [] } = await open().device.read()
      assert.deepEqual([places, invited, written], [[], [], []])
    })

    it("is what was changed last, part by part", async () => {
      const { device } = open()
      const [one, text] = [invitation("Lin Mei"), letter(1)]
      await device.change(inviting(one))
      await device.change(writing(text))
      const { invited, written } = await device.read()
      assert.deepEqual([invited, written], [[one], [text]])
    })

    it("loses nothing where many change it at once", async () => {
      const { device, again } = open()
      const other = lasts ? again() : device
      const names = Array.from({ length: 12 }, (_, i) => `Lin ${String.fromCharCode(65 + i)}`)
      await Promise.all(names.map((name, i) => (i % 2 ? device : other).change(inviting(invitation(name)))))
      const kept = ((await device.read()).invited ?? []).map(({ opening }) => opening.scope.name)
      assert.deepEqual(kept.toSorted(), names)
    })

    it("is as it was where a change fails", async () => {
      const { device } = open()
      await device.change(inviting(invitation("Lin Mei")))
      const before = await device.read()
      const fails = device.change(() => {
        throw new Error("no")
      })
      await assert.rejects(fails, /no/)
      assert.deepEqual(await device.read(), before)
    })

    if (lasts)
      it("is there after a restart", async () => {
        const { device, again } = open()
        const one = invitation("Lin Mei")
        await device.change(inviting(one))
        assert.deepEqual((await again().read()).invited, [one])
      })
  })
}
