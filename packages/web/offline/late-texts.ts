import { texts } from "../kit/area.ts"

/** Loaded with what says them. */
export const offlineTexts = texts(
  {
    clock: "The clock of this device is wrong",
    ahead: "It is about {amount} ahead.",
    behind: "It is about {amount} behind.",
    clockHow:
      "Nothing that you do here is accepted until it is right. Set date, time and time zone in the settings of the device, best to automatic, then come back.",
  },
  {
    clock: "本设备的时钟不准",
    ahead: "大约快了 {amount}。",
    behind: "大约慢了 {amount}。",
    clockHow:
      "校准之前，您在此处的操作不会被接受。请在设备设置中校准日期、时间和时区（建议设为自动），然后返回本页面。",
  },
)
