import { networkPictures } from "./of-networks.ts"
import { patientPictures } from "./of-patients.ts"
import { staffPictures } from "./of-staff.ts"
import type { Picture } from "./picture.ts"

const START = "Whoever looks at the demonstration"
const startPictures: readonly Picture[] = [
  {
    name: "start",
    moment: "morning",
    who: START,
    title: "Start page",
    what: "Says what runs on this computer, and lets somebody follow a tour or choose who to be.",
    way: "Open the address that `npm start` prints.",
    url: (scene) => scene.start,
    until: "a.person",
  },
  {
    name: "guide",
    moment: "day",
    who: START,
    title: "Guide",
    what: "Tells a tour step by step; a step ticks itself off once the nodes show that it has happened.",
    way: "Start page, one of the tours.",
    url: (scene) => `${scene.start}#tour=sharing`,
    until: "[data-step]",
  },
]

export const pictures: readonly Picture[] = [
  ...startPictures,
  ...patientPictures,
  ...staffPictures,
  ...networkPictures,
]
