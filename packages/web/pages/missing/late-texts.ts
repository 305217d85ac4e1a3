import { texts } from "../../kit/area.ts"

export const missingTexts = texts(
  {
    title: "There is no such page",
    body: "The address leads nowhere: it may be mistyped, cut off, or of another version. Nothing was changed.",
    first: "To the first page",
  },
  {
    title: "没有这个页面",
    body: "该地址不对应任何页面：可能输入有误、不完整，或属于其他版本。没有任何改动。",
    first: "返回首页",
  },
)
