import type { MemoryState, SealedDevice } from "@aceso/client"

/** What the device remembers, as far as the page says something of it. */
export const memoryCalls = (device: SealedDevice) => ({
  memoryState: (): Promise<MemoryState> => device.state(),
  /** The person has seen what is lost, and goes on without it. */
  forgetLost: (): Promise<void> => device.forgetLost(),
})
