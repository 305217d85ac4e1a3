import { defineAsyncComponent } from "vue"
import { type Area, texts } from "../../../kit/area.ts"

/** Another device that a desk put in place of this one: above every page, because it can be objected to for 72 hours only. */
export const rekeysArea: Area = {
  name: "rekeys",
  texts: texts(
    {
      title: "{where} is replacing this device",
      body: "The desk of {where} was told that your device is lost, and put another one in its place. It counts from {time} on. Until then, that device reads and decides nothing.",
      yours: "If you asked for it there yourself, you need not do anything.",
      notYours: "If you did not, take it back: somebody passed for you.",
      takeBack: "Take it back, keep this device",
      takeBackTitle: "Keep this device?",
      takeBackSays:
        "The other device does not get in. That you took it back stands in your list of who did what. Then tell {where} that somebody passed for you there.",
      unseen: "Whether a desk is replacing this device could not be seen at: {where}. It is asked again.",
      done: "Taken back. This device counts on at {where}. Tell them that somebody passed for you at their desk.",
      fault: {
        no_rekey: "There is nothing to take back: it was taken back already, or it counts by now.",
        not_permitted: "This device is not the one that counts, so it cannot take that back.",
      },
    },
    {
      title: "{where}正在替换这台设备",
      body: "{where}窗口获知您的设备已丢失，并登记了另一台设备来替换。该设备自{time}起生效，在此之前不能查看，也不能作任何决定。",
      yours: "如果是您本人在窗口办理的，则无需操作。",
      notYours: "如果不是，请撤回：有人冒充了您。",
      takeBack: "撤回，保留这台设备",
      takeBackTitle: "要保留这台设备吗？",
      takeBackSays: "另一台设备将无法接入。您的撤回会列入操作记录。之后请告知{where}有人在窗口冒充您。",
      unseen: "无法确认是否有窗口正在替换这台设备：{where}。稍后会再次查询。",
      done: "已撤回，这台设备在{where}继续有效。请告知对方有人在窗口冒充您。",
      fault: {
        no_rekey: "没有可撤回的内容：已经撤回，或已经生效。",
        not_permitted: "这台设备不是当前有效的设备，因此不能撤回。",
      },
    },
  ),
  patient: { routes: [], links: [] },
  banner: defineAsyncComponent(() => import("./RekeysBanner.vue")),
}
