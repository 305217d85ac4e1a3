import {
  absentReasons,
  englishMark,
  englishWords,
  interpretations,
  labels,
  type Mark,
  sides,
  timings,
  type Words,
} from "./words.ts"

type Alike<T> = Readonly<Record<keyof T, string>>
type Codes = Readonly<Record<string, Readonly<Record<string, string>>>>

/** All that this folder says itself, in one language. What a source sent is no part of it, and stands as it was sent. */
export interface Tongue {
  readonly words: Words
  readonly sides: Alike<typeof sides>
  readonly absentReasons: Alike<typeof absentReasons>
  readonly timings: Alike<typeof timings>
  readonly interpretations: Alike<typeof interpretations>
  /** Elements as they read before what they say; of all others `elementOf`. */
  readonly labels: Alike<typeof labels>
  /** What stands between parts, by what English has there. */
  readonly separators: Readonly<Record<string, string>>
  /** Codes that R4 binds as `required`, by the element that holds them. Without a word a code is its own. */
  readonly codes: Codes
  /** Codes of HL7's own systems, by system, for which most sources send English alone. */
  readonly concepts: Codes
  /** Types of resources; one that is not here is its own name. */
  readonly types: Readonly<Record<string, string>>
  /** Its word for a code stands before the source's own, also where the source has words for it. */
  readonly isBeside: boolean
  readonly markText: (mark: Mark) => string
  /** An element of R4 by its name; undefined: its name split into words. */
  readonly elementOf: (name: string) => string | undefined
  readonly labelled: (label: string, text: string) => string
}

/** R4 is in English: its names, codes and displays are the words. */
export const english: Tongue = {
  ...{ words: englishWords, sides, absentReasons, timings, interpretations, labels },
  ...{ separators: {}, codes: {}, concepts: {}, types: {}, isBeside: false },
  markText: englishMark,
  elementOf: () => undefined,
  labelled: (label, text) => `${label} ${text}`,
}
