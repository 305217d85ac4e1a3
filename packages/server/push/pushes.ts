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
  /** @throws PlatformError `bad_endpoint`, `store_full` */
  take(endpoint: string, secrets: readonly Bytes[]): Promise<void>
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
  return {
    ...{ register, service },
    sender: new PushSender({ register, service, gapMs: config.noticeDelayMs }),
    async take(endpoint, secrets) {
      service.target(endpoint)
      await register.register(endpoint, secrets)
    },
  }
}
