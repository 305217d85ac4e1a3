import { type Area, texts } from "../../../kit/area.ts"
import { withTexts } from "../../../texts/index.ts"
import { devicesTexts } from "./late-texts.ts"
import MemoryBanner from "./MemoryBanner.vue"

export const devicesArea: Area = {
  name: "devices",
  texts: texts({ nav: "Devices" }, { nav: "设备" }),
  patient: {
    routes: [
      {
        path: "/devices",
        name: "devices",
        component: withTexts(() => import("./DevicesPage.vue"), ["devices", devicesTexts]),
      },
    ],
    links: [{ to: "/devices", text: "devices.nav" }],
  },
  banner: MemoryBanner,
}
