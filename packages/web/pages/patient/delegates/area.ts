import { type Area, texts } from "../../../kit/area.ts"
import { withTexts } from "../../../texts/index.ts"
import ActingBanner from "./ActingBanner.vue"
import { acceptTexts } from "./late-texts.ts"
import { delegatesTexts } from "./later-texts.ts"

export const delegatesArea: Area = {
  name: "delegates",
  texts: texts(
    {
      banner: "You act for {who}. What you do here stands in their list of who looked.",
      forget: "Take {who} off this device",
      mine: "My records",
      of: "Records of {who}",
      over: {
        ended: "You no longer act for {who}",
        waiting: "You are not entered for {who} yet",
        unreachable: "What you may do for {who} cannot be looked up now",
      },
      overWhy: {
        ended:
          "Your time has ended, or it was ended. Nothing of {who} is shown here any more. If that is a mistake, speak with them or with the desk.",
        waiting:
          "Give back your answer, and compare the number. As soon as you are entered, this page shows what you may see.",
        unreachable: "Their organisation does not answer. Try again in a while.",
      },
      notThis: "That is not among what you may do for {who}.",
    },
    {
      banner: "您正在代{who}办理。您在此所做的一切都会列入其查阅记录。",
      forget: "从这台设备上移除{who}",
      mine: "我的记录",
      of: "{who}的记录",
      over: {
        ended: "您不再代{who}办理",
        waiting: "尚未将您录入为{who}的代办人",
        unreachable: "暂时无法查询您可以为{who}办理的事项",
      },
      overWhy: {
        ended: "期限已到，或已被终止。这里不再显示{who}的任何内容。如有误，请与其本人或窗口联系。",
        waiting: "请交还答复，并核对数字。录入之后，本页面将显示您可以查看的内容。",
        unreachable: "对方机构没有应答，请稍后再试。",
      },
      notThis: "这不在您可以为{who}办理的事项之内。",
    },
  ),
  later: delegatesTexts,
  patient: {
    delegates: "any",
    routes: [
      {
        path: "/delegates",
        name: "delegates",
        component: withTexts(() => import("./DelegatesPage.vue"), ["acting", acceptTexts]),
        meta: { title: "delegates.title" },
      },
    ],
    links: [],
  },
  banner: ActingBanner,
}
