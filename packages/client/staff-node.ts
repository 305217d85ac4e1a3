import { type Bytes, STAFF_TAG } from "@aceso/core"
import { type BackupsAnswer, backupsAnswer } from "./backup-schemas.ts"
import { type Caller, post } from "./http.ts"
import { type MetricsAnswer, metricsAnswer } from "./metrics-schemas.ts"
import { type ReleaseVersionsAnswer, releaseVersionsAnswer } from "./schemas.ts"
import {
  type SettingChangesAnswer,
  type SettingsAnswer,
  settingChangesAnswer,
  settingsAnswer,
} from "./settings-schemas.ts"

/** A node as its administrators look after it. */
export class StaffNode {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, seed: Bytes) {
    this.url = url
    this.caller = { seed, tag: STAFF_TAG }
  }

  /** Its newest backups, and what came since. @throws PlatformError `not_permitted` */
  backups(): Promise<BackupsAnswer> {
    return post(`${this.url}/staff/backups`, {}, this.caller, backupsAnswer)
  }

  /** What the node counts, at this moment. @throws PlatformError `not_permitted` */
  metrics(): Promise<MetricsAnswer> {
    return post(`${this.url}/staff/metrics`, {}, this.caller, metricsAnswer)
  }

  /** Every version of a contract or process that its release executes. @throws PlatformError `not_permitted` */
  releaseVersions(): Promise<ReleaseVersionsAnswer> {
    return post(`${this.url}/staff/release-versions`, {}, this.caller, releaseVersionsAnswer)
  }

  /** The settings of node.json. @throws PlatformError `not_permitted`, `bad_file` */
  settings(): Promise<SettingsAnswer> {
    return post(`${this.url}/staff/settings`, {}, this.caller, settingsAnswer)
  }

  /**
   * Changes one of them. @param base of the settings that whoever changes it saw
   * @throws PlatformError `not_permitted`, `bad_setting`, `setting_not_here`, `setting_needs_second`, `only_administrator`, `too_many_changes`, `settings_changed_meanwhile`, `settings_not_written`
   */
  setSetting(base: Bytes, name: string, value: number | boolean): Promise<SettingsAnswer> {
    const question = { base, name, value: String(value) }
    return post(`${this.url}/staff/settings/set`, question, this.caller, settingsAnswer)
  }

  /** Who changed which setting by the page, newest first. @param before where the page before ended @throws PlatformError `not_permitted` */
  settingChanges(before: number | null, limit: number): Promise<SettingChangesAnswer> {
    return post(`${this.url}/staff/settings/changes`, { before, limit }, this.caller, settingChangesAnswer)
  }
}
