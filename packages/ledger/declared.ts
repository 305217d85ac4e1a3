import type { Contract, EventOut, Write } from "@aceso/core"

/** What a contract may say: events that it declares, as it declares them. @throws what makes it a `contract_fault` */
export function checkEvents(contract: Contract, events: readonly EventOut[]): void {
  for (const { name, data } of events) {
    const type = contract.events.find((one) => one.name === name)
    if (!type) throw new TypeError(`${contract.name} tells of ${name}, which it does not declare`)
    try {
      type.data.parse(data, name)
    } catch (cause) {
      throw new TypeError(`${contract.name} tells of ${name} otherwise than declared`, { cause })
    }
  }
}

/**
 * What a contract may write: its own tables, rows as they are declared.
 * @throws what makes it a `contract_fault`
 */
export function checkWrites(contract: Contract, writes: readonly Write[]): void {
  for (const { table, key, row } of writes) {
    if (!contract.tables.includes(table))
      throw new TypeError(`${contract.name} writes the table ${table.name} of others`)
    try {
      if (key.length !== table.key.length)
        throw new TypeError(`${table.name} has keys of ${table.key.length} parts`)
      if (row !== undefined) table.row.parse(row, table.name)
      for (const [i, schema] of table.key.entries()) schema.parse(key[i], table.name)
    } catch (cause) {
      throw new TypeError(`${contract.name} writes a row that is not as declared`, { cause })
    }
  }
}
