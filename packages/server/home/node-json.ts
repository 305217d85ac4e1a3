import { parseConfig } from "../node/config.ts"
import { changing } from "./changing.ts"
import { layout, readJsonFile, writeJsonFile } from "./layout.ts"

/** For files whose content is checked elsewhere, as a whole. */
export const anyObject = {
  parse: (value: unknown) => value,
  toJson: (value: unknown) => value,
  jsonSchema: {},
}

type Given = Readonly<Record<string, object>>

/** A home's node.json as it will be, checked. @throws PlatformError `bad_file`, `bad_config` */
export function changedConfig(folder: string, change: (given: Given) => object): object {
  const { config } = layout(folder)
  const given = readJsonFile(config, anyObject, "configuration") as Given
  const whole = { ...given, ...change(given) }
  parseConfig({ ...whole, folder }, config)
  return whole
}

/** Writes it. @throws those of changedConfig and changing; then the file is as before */
export const changeConfig = (folder: string, change: (given: Given) => object): void =>
  changing(folder, () => writeJsonFile(layout(folder).config, changedConfig(folder, change)))
