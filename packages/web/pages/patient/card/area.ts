import { type Area, texts } from "../../../kit/area.ts"
import { cardTexts } from "./later-texts.ts"

export const cardArea: Area = {
  name: "card",
  texts: texts({ nav: "Card" }, { nav: "就诊卡" }),
  later: cardTexts,
  patient: {
    routes: [{ path: "/card", name: "card", component: () => import("./CardPage.vue") }],
    links: [{ to: "/card", text: "card.nav" }],
  },
}
