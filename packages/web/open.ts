import { createApp } from "vue"
import "./kit/base.css"
import { openAreas as areas } from "./pages/open/areas.ts"
import OpenPage from "./pages/open/OpenPage.vue"
import { routerOf } from "./shell/router.ts"
import { textsOf } from "./texts/index.ts"

void textsOf(areas).then(() => createApp(OpenPage).use(routerOf(areas, "open")).mount("#page"))
