import "./shell/arrival.ts"
import { createApp } from "vue"
import "./kit/base.css"
import AppPage from "./pages/patient/AppPage.vue"
import { patientAreas as areas } from "./pages/patient/areas.ts"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

createApp(AppPage).use(textsOf(areas)).use(routerOf(areas, "patient")).mount("#page")
