import { faultTexts, roleTexts } from "../texts/later-texts.ts"
import type { Area } from "./area.ts"

/** What pages of several areas say, and no first page does. */
export const wordsAreas: readonly Area[] = [
  { name: "fault", later: faultTexts },
  { name: "role", later: roleTexts },
]
