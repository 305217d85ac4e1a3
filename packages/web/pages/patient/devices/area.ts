import { type Area, texts } from "../../../kit/area.ts"
import MemoryBanner from "./MemoryBanner.vue"

export const devicesArea: Area = {
  name: "devices",
  texts: texts({ nav: "Devices" }, { nav: "设备" }),
  patient: {
    routes: [{ path: "/devices", name: "devices", component: () => import("./DevicesPage.vue") }],
    links: [{ to: "/devices", text: "devices.nav" }],
  },
  banner: MemoryBanner,
}
