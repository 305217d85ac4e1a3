import type {
  ActiveAnswer,
  BackupsAnswer,
  MetricsAnswer,
  SettingChangesAnswer,
  SettingShown,
  SettingsAnswer,
  StaffClient,
  StaffStatusAnswer,
} from "@aceso/client"
import { StaffNode } from "@aceso/client/staff-node.ts"
import { fromHex, toHex } from "@aceso/core"
import type { StaffIdentity } from "../protocol.ts"
import { visibleCalls } from "../visible-calls.ts"

/** Changes of settings on one page. */
const CHANGES_PAGE = 20

/** How a node does, with the names of organisations by which its status calls them. */
export interface NodeStatusShown {
  readonly status: StaffStatusAnswer
  readonly names: Readonly<Record<string, string>>
  readonly active: ActiveAnswer["active"]
}

/** What node.json says and what holds. */
export interface SettingsShown {
  /** Of the file as it was seen: a change names it. */
  readonly base: string
  readonly settings: readonly SettingShown[]
}
const shownSettings = ({ base, settings }: SettingsAnswer): SettingsShown => ({ base: toHex(base), settings })

/** The node itself, as its administrators look after it. */
export function nodeCalls(client: StaffClient, { node, seed }: StaffIdentity) {
  const ofNode = new StaffNode(node, seed)
  return visibleCalls({
    async nodeStatus(): Promise<NodeStatusShown> {
      const [status, members, active] = await Promise.all([
        client.staffStatus(),
        client.members(),
        client.active(),
      ])
      return { status, active, names: Object.fromEntries(members.map(({ member, name }) => [member, name])) }
    },
    /** Sends what the ledger refused again, and works on events that were set aside. @returns how much that is */
    nodeRetry: (): Promise<number> => client.retry(),
    nodeBackups: (): Promise<BackupsAnswer> => ofNode.backups(),
    nodeMetrics: (): Promise<MetricsAnswer> => ofNode.metrics(),
    nodeSettings: async (): Promise<SettingsShown> => shownSettings(await ofNode.settings()),
    /** Who changed which setting, newest first. @param before where the page before ended */
    nodeSettingChanges: (before: number | null): Promise<SettingChangesAnswer> =>
      ofNode.settingChanges(before, CHANGES_PAGE),
    /** @throws PlatformError `bad_setting`, `setting_not_here`, `setting_needs_second`, `only_administrator`, `too_many_changes`, `settings_changed_meanwhile`, `settings_not_written` */
    setNodeSetting: async (base: string, name: string, value: number | boolean): Promise<SettingsShown> =>
      shownSettings(await ofNode.setSetting(fromHex(base), name, value)),
  })
}
