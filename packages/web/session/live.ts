import type { Caller } from "@aceso/client"
import type { LiveTopic } from "@aceso/client/live-topics.ts"

/** What the page is told of the streams: how many there are, what is new, and which of them are heard. */
export type LiveTold =
  | { readonly places: number }
  | { readonly topic: LiveTopic }
  | { readonly place: number; readonly isUp: true }
  | { readonly place: number; readonly isUp: false; readonly code: string }

interface Place {
  readonly url: string
  readonly caller: Caller
}

/** That there is something new to look at, as nodes tell it while the page is seen. */
export function liveCalls(places: () => readonly Place[]) {
  let ending: AbortController | undefined
  return {
    /** Until `liveEnd`. */
    async live(onTold: (told: LiveTold) => void): Promise<void> {
      ending?.abort()
      const own = new AbortController()
      ending = own
      const [{ followLive }, all] = await Promise.all([import("@aceso/client/live.ts"), places()])
      onTold({ places: all.length })
      const follow = ({ url, caller }: Place, place: number) =>
        followLive(url, {
          ...{ caller, signal: own.signal },
          onTopic: (topic) => onTold({ topic }),
          onUp: () => onTold({ place, isUp: true }),
          onDown: ({ code }) => onTold({ place, isUp: false, code }),
        })
      await Promise.all(all.map(follow))
    },
    async liveEnd(): Promise<void> {
      ending?.abort()
    },
  }
}
export type LiveCalls = ReturnType<typeof liveCalls>
