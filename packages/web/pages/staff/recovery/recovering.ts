import { shallowRef } from "vue"

/** The node's vault is behind the ledger: it serves nobody but what leads out of that. */
export const isRecovering = shallowRef(false)

/** Pages of which the node answers what they ask meanwhile. */
const SERVED = ["/recovery", "/intake", "/node", "/people", "/doubles/patient"]
export const servesMeanwhile = (path: string): boolean =>
  SERVED.some((one) => path === one || path.startsWith(`${one}/`))
