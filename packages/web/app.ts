import "./shell/arrival.ts"
import { createApp } from "vue"
import "./kit/base.css"
import { workOffline } from "./offline/register.ts"
import AppPage from "./pages/patient/AppPage.vue"
import { patientAreas as areas } from "./pages/patient/areas.ts"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

// Not awaited here: the texts' files may need what lies in this one.
void textsOf(areas).then(() => createApp(AppPage).use(routerOf(areas, "patient")).mount("#page"))
workOffline()
