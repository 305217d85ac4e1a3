import { type Area, texts } from "../../kit/area.ts"
import { withTexts } from "../../texts/index.ts"
import { contractTexts } from "./contracts/late-texts.ts"
import { ledgerTexts } from "./late-texts.ts"

const late = [
  ["ledger", ledgerTexts],
  ["contract", contractTexts],
] as const
const routes = [
  {
    path: "/ledger",
    name: "ledger",
    component: withTexts(() => import("./BlocksPage.vue"), ...late),
  },
  {
    path: "/ledger/block/:height(\\d{1,15})/:page(\\d{1,9})?",
    name: "ledger-block",
    meta: { title: "ledger.titles.block" },
    component: withTexts(() => import("./BlockPage.vue"), ...late),
  },
  {
    path: "/ledger/transaction/:id([0-9a-f]{64})",
    name: "ledger-transaction",
    meta: { title: "ledger.titles.transaction" },
    component: withTexts(() => import("./TransactionPage.vue"), ...late),
  },
  {
    path: "/ledger/search",
    name: "ledger-search",
    meta: { title: "ledger.titles.search" },
    component: withTexts(() => import("./SearchPage.vue"), ...late),
  },
  {
    path: "/ledger/row/:table([A-Za-z]{1,32})/:key([0-9a-f]+)",
    name: "ledger-row",
    meta: { title: "ledger.titles.row" },
    component: withTexts(() => import("./RowPage.vue"), ...late),
  },
  {
    path: "/ledger/case/:id([0-9a-f]{64})",
    name: "ledger-case",
    meta: { title: "ledger.titles.case" },
    component: withTexts(() => import("./CasePage.vue"), ...late),
  },
]
const links = [{ to: "/ledger", text: "ledger.nav" }]

/** The ledger, to be looked into and checked by whoever likes. */
export const ledgerArea: Area = {
  name: "ledger",
  texts: texts(
    { nav: "Ledger", look: "Look around without signing in" },
    { nav: "账本", look: "无需登录，直接查看" },
  ),
  open: { routes, links },
  staff: { routes, links },
}
