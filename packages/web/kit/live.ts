import type { LiveTopic } from "@aceso/client/live-topics.ts"
import { computed, onMounted, onUnmounted, shallowRef } from "vue"
import type { LiveCalls, LiveTold } from "../session/live.ts"
import type { PatientSession } from "../session/patient/index.ts"
import type { Session } from "../session/session.ts"
import type { StaffSession } from "../session/staff/index.ts"

/** Of each stream: true: it is heard; the code of what stands in the way; undefined: not known yet. */
const streams = shallowRef<readonly (true | string | undefined)[]>([])
/** @param topic undefined: something may have been missed */
type Look = (topic?: LiveTopic) => void
const listeners = new Set<{ readonly topics: readonly LiveTopic[]; readonly look: Look }>()

/** Whatever is new is told: pages need not look by themselves. */
export const isLive = computed(() => streams.value.length > 0 && streams.value.every((one) => one === true))
/** Nobody whom the page asks can be reached. */
export const isAlone = computed(
  () => streams.value.length > 0 && streams.value.every((one) => one === "node_unreachable"),
)

/** @param look called when one of the topics is new, or something may have been missed @returns what ends it */
export function onTopics(topics: readonly LiveTopic[], look: Look): () => void {
  const own = { topics, look }
  listeners.add(own)
  return () => listeners.delete(own)
}

function take(told: LiveTold): void {
  if ("places" in told) streams.value = Array.from({ length: told.places })
  else if ("topic" in told) {
    for (const { topics, look } of [...listeners]) if (topics.includes(told.topic)) look(told.topic)
  } else {
    streams.value = streams.value.with(told.place, told.isUp || told.code)
    // What happened before was told to nobody.
    if (told.isUp) for (const { look } of [...listeners]) look()
  }
}

/** What a page does besides at what it is told of its streams. */
interface Heard {
  /** A stream is heard from now on. */
  readonly onUp?: () => void
  /** A node does not let this key hear anything. */
  readonly onRefused?: () => void
  /** A stream is heard no more, or not yet. */
  readonly onDown?: (code: string) => void
}

/** Listens while the page is seen. */
export function useLive(
  given: Session<PatientSession> | Session<StaffSession>,
  { onUp, onRefused, onDown }: Heard = {},
): void {
  const session = given as unknown as Session<LiveCalls>
  let isListening = false
  function told(one: LiveTold): void {
    take(one)
    if (!("place" in one)) return
    if (one.isUp) onUp?.()
    else if (one.code === "not_permitted") onRefused?.()
    else onDown?.(one.code)
  }
  async function listen(): Promise<void> {
    isListening = true
    try {
      await session.call("live", [], told)
    } finally {
      isListening = false
      streams.value = []
    }
    // Seen again before it had ended.
    seen()
  }
  const end = () => void session.call("liveEnd", []).catch(() => {})
  let isShown = false
  function seen(): void {
    if (!isShown || document.visibilityState !== "visible") {
      if (isListening) end()
    } else if (!isListening) void listen().catch(() => {})
  }
  onMounted(() => {
    isShown = true
    document.addEventListener("visibilitychange", seen)
    seen()
  })
  onUnmounted(() => {
    isShown = false
    document.removeEventListener("visibilitychange", seen)
    seen()
  })
}
