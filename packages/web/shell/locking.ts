import { onScopeDispose } from "vue"

const CHANNEL = "aceso-lock"

/**
 * What else locks a page: the person locked another one of this browser, or comes back to one that the browser had put
 * aside with all that stood on it.
 * @param who is shown, as all pages call that person; undefined: nobody
 * @returns tells the other pages that this person locks
 */
export function useLocking(who: () => string | undefined, onLock: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === who()) onLock()
  }
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) onLock()
  }
  addEventListener("pageshow", shown)
  onScopeDispose(() => {
    channel.close()
    removeEventListener("pageshow", shown)
  })
  return () => {
    const own = who()
    if (own !== undefined) channel.postMessage(own)
  }
}
