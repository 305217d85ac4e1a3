/**
 * What would otherwise be counted anew at each question. Triggers keep the numbers, in the transaction that changes
 * the rows, whatever statement that is.
 */
export const COUNTERS = `
CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('patients', 0), ('aliases', 0), ('records', 0), ('committed', 0), ('disclosures', 0), ('disclosed', 0);
${counts("patients", "patients")}
${counts("records", "records")}
${counts("records", "committed", "height")}
${counts("disclosures", "disclosures")}
${counts("disclosures", "disclosed", "height")}
CREATE TRIGGER records_of_patient AFTER INSERT ON records WHEN NEW.type <> '' BEGIN
  UPDATE patients SET records = records + 1 WHERE handle = NEW.log;
END;
CREATE TRIGGER records_left_patient AFTER DELETE ON records WHEN OLD.type <> '' BEGIN
  UPDATE patients SET records = records - 1 WHERE handle = OLD.log;
END;
CREATE TRIGGER nonces_in AFTER INSERT ON nonces BEGIN
  INSERT INTO nonce_counts VALUES (NEW.key, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER nonces_out AFTER DELETE ON nonces BEGIN
  UPDATE nonce_counts SET n = n - 1 WHERE key = OLD.key;
  DELETE FROM nonce_counts WHERE key = OLD.key AND n = 0;
END;
`

export type Counter = "patients" | "records" | "committed" | "disclosures" | "disclosed"

/** Counts the rows of a table, or those in which a column is set. */
function counts(table: string, counter: Counter, column?: string): string {
  const isSet = (row: "NEW" | "OLD") => (column ? `WHEN ${row}.${column} IS NOT NULL` : "")
  const add = (difference: number) =>
    `BEGIN UPDATE counters SET n = n + ${difference} WHERE name = '${counter}'; END;`
  const changes = (of: string, was: string, is: string) =>
    `AFTER UPDATE OF ${of} ON ${table} WHEN OLD.${of} IS ${was} AND NEW.${of} IS ${is}`
  return [
    `CREATE TRIGGER ${counter}_in AFTER INSERT ON ${table} ${isSet("NEW")} ${add(1)}`,
    `CREATE TRIGGER ${counter}_out AFTER DELETE ON ${table} ${isSet("OLD")} ${add(-1)}`,
    ...(column
      ? [
          `CREATE TRIGGER ${counter}_set ${changes(column, "NULL", "NOT NULL")} ${add(1)}`,
          `CREATE TRIGGER ${counter}_unset ${changes(column, "NOT NULL", "NULL")} ${add(-1)}`,
        ]
      : []),
  ].join("\n")
}
