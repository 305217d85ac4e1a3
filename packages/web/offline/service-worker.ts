/// <reference lib="webworker" />
import { addNoticeHandlers } from "./notices.ts"

declare const self: ServiceWorkerGlobalScope

addNoticeHandlers(self)
