/**
 * What would otherwise be counted anew at each question, kept in the transaction that changes the rows. Triggers do
 * it, whatever statement changes them; only of records, which come by the thousand, `append` and `markCommitted` add
 * up what they did, because a trigger for each row would take a third of the time of an import.
 */
export const COUNTERS = `
CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('patients', 0), ('aliases', 0), ('records', 0), ('committed', 0), ('disclosures', 0), ('disclosed', 0), ('promises', 0), ('given_up', 0), ('unconfirmed', 0), ('unreviewed', 0);
${rowsOf("patients", "patients")}
${rowsOf("unconfirmed_policies", "unconfirmed")}
${rowsOf("unreviewed", "unreviewed")}
${rowsAndPart("disclosures", ["disclosures", "disclosed"], "height", "IS NOT NULL")}
CREATE TRIGGER records_out AFTER DELETE ON records BEGIN
  ${add("records", -1)} ${add("committed", "-(OLD.height IS NOT NULL)")}
  UPDATE patients SET records = records - 1 WHERE handle = OLD.log AND OLD.type <> '';
END;
${rowsAndPart("promises", ["promises", "given_up"], "look_at", "IS NULL")}
CREATE TRIGGER lost_in AFTER INSERT ON lost_entries BEGIN
  INSERT INTO lost_counts VALUES (NEW.log, 1) ON CONFLICT (log) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER lost_out AFTER DELETE ON lost_entries BEGIN
  UPDATE lost_counts SET n = n - 1 WHERE log = OLD.log;
END;
CREATE TRIGGER copies_in AFTER INSERT ON visitor_copies BEGIN
  INSERT INTO copy_totals VALUES (NEW.custodian, 1, length(NEW.copies))
    ON CONFLICT (custodian) DO UPDATE SET places = places + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER copies_set AFTER UPDATE OF copies ON visitor_copies BEGIN
  UPDATE copy_totals SET bytes = bytes + length(NEW.copies) - length(OLD.copies) WHERE custodian = NEW.custodian;
END;
CREATE TRIGGER copies_out AFTER DELETE ON visitor_copies BEGIN
  UPDATE copy_totals SET places = places - 1, bytes = bytes - length(OLD.copies) WHERE custodian = OLD.custodian;
END;
CREATE TRIGGER nonces_in AFTER INSERT ON nonces BEGIN
  INSERT INTO nonce_counts VALUES (NEW.key, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER nonces_out AFTER DELETE ON nonces BEGIN
  UPDATE nonce_counts SET n = n - 1 WHERE key = OLD.key;
  DELETE FROM nonce_counts WHERE key = OLD.key AND n = 0;
END;
`

export type Counter =
  | "unconfirmed"
  | "unreviewed"
  | "patients"
  | "records"
  | "committed"
  | "disclosures"
  | "disclosed"
  | "promises"
  | "given_up"

/** A counter of a table's rows. */
function rowsOf(table: string, counter: Counter): string {
  return `CREATE TRIGGER ${counter}_in AFTER INSERT ON ${table} BEGIN ${add(counter, 1)} END;
CREATE TRIGGER ${counter}_out AFTER DELETE ON ${table} BEGIN ${add(counter, -1)} END;`
}

/** The same, and one of those of which a column is null, or is not. */
function rowsAndPart(
  table: string,
  [all, part]: readonly [Counter, Counter],
  column: string,
  is: "IS NULL" | "IS NOT NULL",
): string {
  const [before, after] = [`(OLD.${column} ${is})`, `(NEW.${column} ${is})`]
  return `CREATE TRIGGER ${table}_in AFTER INSERT ON ${table} BEGIN ${add(all, 1)} ${add(part, after)} END;
CREATE TRIGGER ${table}_out AFTER DELETE ON ${table} BEGIN ${add(all, -1)} ${add(part, `-${before}`)} END;
CREATE TRIGGER ${table}_set AFTER UPDATE OF ${column} ON ${table} BEGIN ${add(part, `${after} - ${before}`)} END;`
}

function add(counter: Counter, difference: number | string): string {
  return `UPDATE counters SET n = n + (${difference}) WHERE name = '${counter}';`
}
