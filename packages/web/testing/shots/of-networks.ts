import { toHex } from "@aceso/core"
import type { Page } from "playwright-core"
import { inPortal, type Picture } from "./picture.ts"
import type { Scene } from "./scene.ts"

const NODE = "Whoever looks after a node"
const VOTERS = "Whoever votes, and the authority"
const ANYBODY = "Anybody, without signing in"
const CITY = "city-hospital"

const open = (path: string) => (scene: Scene) => `${scene.portal(CITY).replace(/portal\/$/, "open/")}#${path}`
const heading = (page: Page) => page.locator("main h1").first().waitFor()
const node = { moment: "day", who: NODE } as const
const voter = { moment: "day", who: VOTERS } as const
const anybody = { moment: "day", who: ANYBODY } as const

export const networkPictures: readonly Picture[] = [
  {
    ...node,
    name: "node",
    title: "This node",
    what: "Says how the node does: blocks, others, disk, checkpoints, and what waits for a person.",
    way: "This node.",
    url: inPortal(CITY, "city-admin", "/node"),
    until: "main dl",
  },
  {
    ...node,
    name: "node-settings",
    title: "Settings of the node",
    what: "Explains every setting, and changes those that may change while the node runs.",
    way: "This node, then Settings.",
    url: inPortal(CITY, "city-admin", "/node/settings"),
    until: "main input",
  },
  {
    ...node,
    name: "node-backups",
    title: "Backups",
    what: "Says how old the newest backup is and what would be lost with the machine now.",
    way: "This node, then Backups.",
    url: inPortal(CITY, "city-admin", "/node/backups"),
    act: heading,
  },
  {
    ...node,
    name: "node-metrics",
    title: "Metrics",
    what: "Plots what the node does while the page is open.",
    way: "This node, then Metrics.",
    url: inPortal(CITY, "city-admin", "/node/metrics"),
    until: "main svg.plot polyline",
  },
  {
    ...node,
    name: "intake",
    title: "Import",
    what: "Takes FHIR files and folders that are dropped on it, and reports what was refused and why.",
    way: "Import.",
    url: inPortal(CITY, "city-admin", "/intake"),
    until: "main form, main input",
  },
  {
    ...node,
    name: "looks",
    title: "Looks of staff",
    what: "Shows who of the own staff looked at whose records; whoever looks at that is noted too.",
    way: "Looks of staff.",
    url: inPortal(CITY, "city-admin", "/looks"),
    act: heading,
  },
  {
    ...voter,
    name: "ballots",
    title: "Proposals",
    what: "Shows every field of what is proposed, who voted how, and takes the own vote.",
    way: "Proposals.",
    url: inPortal("county-hospital", "county-admin", "/ballots"),
    act: heading,
  },
  {
    ...voter,
    name: "ballots-new",
    title: "A new proposal",
    what: "Has a form for every change of the network, and says what it does.",
    way: "Proposals, then Propose.",
    url: inPortal("county-hospital", "county-admin", "/ballots/new"),
    until: "main form",
  },
  {
    ...voter,
    name: "authority-members",
    title: "Oversight: members",
    what: "Shows members with abilities, licences, validators and keys, each row proven in the browser.",
    way: "Oversight.",
    url: inPortal("authority", "authority", "/authority"),
    until: "main dl",
  },
  {
    ...voter,
    name: "authority-numbers",
    title: "Oversight: numbers",
    what: "Counts what the network wrote, day by day.",
    way: "Oversight, then Numbers.",
    url: inPortal("authority", "authority", "/authority/numbers"),
    until: "main table, main ol",
  },
  {
    ...anybody,
    name: "open-network",
    title: "The network",
    what: "Says how the node and its network do.",
    way: "`/open/` at any node.",
    url: open("/network"),
    until: "main dl",
  },
  {
    ...anybody,
    name: "open-ledger",
    title: "The ledger",
    what: "Lists blocks, each checked in the browser, and finds one by height or id.",
    way: "`/open/`, then Ledger.",
    url: open("/ledger"),
    until: "ol.blocks li",
  },
  {
    ...anybody,
    name: "open-block",
    title: "A block",
    what: "Shows a block's header, who made it, and what is in it as far as anybody may see.",
    way: "Ledger, then one of them.",
    url: open("/ledger/block/3"),
    until: "main dl",
  },
  {
    ...node,
    name: "ledger-transaction",
    title: "A transaction",
    what: "Shows what was asked, who signed, which rows it wrote and which events it brought, to who may see it.",
    way: "Ledger, a block, then one of its transactions.",
    url: async (scene) => {
      const { engine } = scene.network.node(CITY).services
      const reader = { member: { member: CITY, kind: "custodian", abilities: [], licences: [] } } as const
      const question = { contract: "cases", member: null, before: null, limit: 1 }
      const { found } = await engine.explorer.find(question, reader)
      return inPortal(CITY, "city-admin", `/ledger/transaction/${toHex(found[0].payloadId)}`)(scene)
    },
    until: "main dl",
  },
  {
    ...anybody,
    name: "open-search",
    title: "Search the ledger",
    what: "Finds transactions by contract and by the organisation that signed them.",
    way: "Ledger, then Search.",
    url: open(`/ledger/search?member=${CITY}`),
    until: "ol.rows li",
  },
  {
    ...anybody,
    name: "open-verify",
    title: "Check a file",
    what: "Checks a receipt, evidence, checkpoints or the app's list; the file stays in the browser.",
    way: "`/open/`, then Check a file.",
    url: open("/verify"),
    until: "main input",
  },
  {
    ...anybody,
    name: "open-members",
    title: "Members",
    what: "Lists the organisations, each proven, with the way to their own pages.",
    way: "`/open/`, then Members.",
    url: open("/members"),
    until: "main dl",
  },
  {
    ...anybody,
    name: "open-where",
    title: "What lies where",
    what: "Says what is on the ledger, what stays with the organisations, and what on the device.",
    way: "`/open/`, then What lies where.",
    url: open("/where"),
    act: heading,
  },
]
