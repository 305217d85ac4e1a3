import { type Area, texts } from "../../kit/area.ts"
import { withTexts } from "../../texts/index.ts"
import { verifyTexts } from "./late-texts.ts"

/** Files of others, checked in the browser. */
export const verifyArea: Area = {
  name: "verify",
  texts: texts({ nav: "Check a file" }, { nav: "核验文件" }),
  open: {
    routes: [
      {
        path: "/verify",
        name: "verify",
        component: withTexts(() => import("./VerifyPage.vue"), ["verify", verifyTexts]),
      },
    ],
    links: [{ to: "/verify", text: "verify.nav" }],
  },
}
