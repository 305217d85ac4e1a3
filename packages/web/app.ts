import "./shell/arrival.ts"
import { createApp } from "vue"
import "./kit/base.css"
import { areas } from "./pages/areas.ts"
import AppPage from "./pages/patient/AppPage.vue"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

createApp(AppPage).use(textsOf(areas)).use(routerOf(areas, "patient")).mount("#page")
