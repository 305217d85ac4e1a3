import "./shell/arrival.ts"
import { createApp } from "vue"
import "./kit/base.css"
import { workOffline } from "./offline/register.ts"
import { staffAreas as areas } from "./pages/staff/areas.ts"
import PortalPage from "./pages/staff/PortalPage.vue"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

void textsOf(areas).then(() => createApp(PortalPage).use(routerOf(areas, "staff")).mount("#page"))
workOffline()
