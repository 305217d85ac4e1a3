/**
 * What would otherwise be counted anew at each question, kept in the transaction that changes the rows. Triggers do
 * it, whatever statement changes them; only of records, which come by the thousand, `append` and `markCommitted` add
 * up what they did, because a trigger for each row would take a third of the time of an import.
 */
export const COUNTERS = `
CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('patients', 0), ('aliases', 0), ('records', 0), ('committed', 0), ('disclosures', 0), ('disclosed', 0), ('promises', 0), ('given_up', 0), ('unconfirmed', 0), ('unreviewed', 0);
CREATE TRIGGER patients_in AFTER INSERT ON patients BEGIN ${add("patients", 1)} END;
CREATE TRIGGER patients_out AFTER DELETE ON patients BEGIN ${add("patients", -1)} END;
CREATE TRIGGER disclosures_in AFTER INSERT ON disclosures BEGIN
  ${add("disclosures", 1)} ${add("disclosed", "(NEW.height IS NOT NULL)")}
END;
CREATE TRIGGER disclosures_out AFTER DELETE ON disclosures BEGIN
  ${add("disclosures", -1)} ${add("disclosed", "-(OLD.height IS NOT NULL)")}
END;
CREATE TRIGGER disclosures_set AFTER UPDATE OF height ON disclosures BEGIN
  ${add("disclosed", "(NEW.height IS NOT NULL) - (OLD.height IS NOT NULL)")}
END;
CREATE TRIGGER records_out AFTER DELETE ON records BEGIN
  ${add("records", -1)} ${add("committed", "-(OLD.height IS NOT NULL)")}
  UPDATE patients SET records = records - 1 WHERE handle = OLD.log AND OLD.type <> '';
END;
CREATE TRIGGER promises_in AFTER INSERT ON promises BEGIN
  ${add("promises", 1)} ${add("given_up", "(NEW.look_at IS NULL)")}
END;
CREATE TRIGGER promises_out AFTER DELETE ON promises BEGIN
  ${add("promises", -1)} ${add("given_up", "-(OLD.look_at IS NULL)")}
END;
CREATE TRIGGER promises_set AFTER UPDATE OF look_at ON promises BEGIN
  ${add("given_up", "(NEW.look_at IS NULL) - (OLD.look_at IS NULL)")}
END;
CREATE TRIGGER unconfirmed_in AFTER INSERT ON unconfirmed_policies BEGIN ${add("unconfirmed", 1)} END;
CREATE TRIGGER unconfirmed_out AFTER DELETE ON unconfirmed_policies BEGIN ${add("unconfirmed", -1)} END;
CREATE TRIGGER unreviewed_in AFTER INSERT ON unreviewed BEGIN ${add("unreviewed", 1)} END;
CREATE TRIGGER unreviewed_out AFTER DELETE ON unreviewed BEGIN ${add("unreviewed", -1)} END;
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

function add(counter: Counter, difference: number | string): string {
  return `UPDATE counters SET n = n + (${difference}) WHERE name = '${counter}';`
}
