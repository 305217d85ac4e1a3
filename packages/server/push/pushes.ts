import type { Bytes, GenesisDocument } from "@aceso/core"
import type { NodeConfig } from "../node/config.ts"
import { PushService } from "./push-service.ts"
import { PushRegister } from "./register.ts"
import { PushSender } from "./sender.ts"
import { PUSH_SERVICES } from "./services.ts"
import { VapidKey } from "./vapid.ts"

/** What the app's operator does for notices. */
export interface Pushes {
  readonly register: PushRegister
  readonly service: PushService
  readonly sender: PushSender
  /** @param from the network address @throws PlatformError `bad_endpoint`, `store_full`, `too_many_requests` */
  take(endpoint: string, secrets: readonly Bytes[], from: string): Promise<void>
}

interface Given {
  readonly config: Pick<NodeConfig, "member" | "app" | "noticeDelayMs">
  readonly document: GenesisDocument
  /** Absent: no notices are sent. */
  readonly secret: Bytes | undefined
}

/** @returns undefined: this member does not serve the app. @throws PlatformError `bad_secret` */
export function pushesOf(
  { config, document, secret }: Given,
  database: ConstructorParameters<typeof PushRegister>[0],
): Pushes | undefined {
  const { app, isLoopback = false } = document
  if (app?.operator !== config.member || secret === undefined) return undefined
  const register = new PushRegister(database)
  const service = new PushService({
    key: new VapidKey(secret),
    services: config.app?.push?.services ?? PUSH_SERVICES,
    mayBeLoopback: isLoopback,
    contact: app.origins[0],
  })
  const sender = new PushSender({ register, service, gapMs: config.noticeDelayMs })
  return {
    ...{ register, service, sender },
    async take(endpoint, secrets, from) {
      service.target(endpoint)
      const unproven = await register.register(endpoint, secrets, Date.now(), from)
      if (unproven !== undefined) sender.prove(unproven, endpoint)
    },
  }
}
