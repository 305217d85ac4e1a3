import "./shell/arrival.ts"
import { createApp } from "vue"
import "./kit/base.css"
import { workOffline } from "./offline/register.ts"
import AppPage from "./pages/patient/AppPage.vue"
import { patientAreas as areas } from "./pages/patient/areas.ts"
import { enrolTexts } from "./pages/patient/enrol/texts.ts"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

createApp(AppPage)
  .use(textsOf([...areas, { name: "enrol", texts: enrolTexts }]))
  .use(routerOf(areas, "patient"))
  .mount("#page")
workOffline()
