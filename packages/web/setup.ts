import { createApp } from "vue"
import "./kit/base.css"
import SetupPage from "./pages/setup/SetupPage.vue"
import { setupTexts } from "./pages/setup/texts.ts"
import { textsOf } from "./texts/index.ts"

void textsOf([{ name: "setup", texts: setupTexts }]).then(() => createApp(SetupPage).mount("#page"))
