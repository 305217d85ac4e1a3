import { createApp } from "vue"
import "./kit/base.css"
import StartPage from "./pages/start/StartPage.vue"
import { startTexts } from "./pages/start/texts.ts"
import { textsOf } from "./texts/index.ts"

void textsOf([{ name: "start", texts: startTexts }]).then(() => createApp(StartPage).mount("#page"))
