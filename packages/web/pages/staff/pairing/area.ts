import type { Area } from "../../../kit/area.ts"
import { pairingTexts } from "./late-texts.ts"

export const pairingArea: Area = { name: "pairing", texts: pairingTexts }
