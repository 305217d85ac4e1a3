import {
  type Bytes,
  type CaseDocument,
  type Cbor,
  caseDocument,
  decodeCbor,
  documentCommitment,
  encodeCbor,
  equalBytes,
  PlatformError,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

/** Documents of cases that this organisation wrote or got (CAPABILITIES.md, Documents). */

interface Tables {
  cases_documents: {
    id: Bytes
    n: number
    name: string
    commitment: Bytes
    content: Bytes
    /** ms; of own ones when they were kept. */
    at: number
  }
  cases_handed: { id: Bytes; n: number; name: string; member: string; tag: Bytes }
}

/** `lost` of what was handed to whom: it is noted once more. `asked`: of those who take part in the case, own ones too; a person's device hands over what it sees lacking. */
export const caseMigrations: readonly Migration[] = [
  {
    name: "documents",
    sql: "CREATE TABLE cases_documents (id BLOB NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, commitment BLOB NOT NULL, content BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (id, n, name, commitment)) WITHOUT ROWID",
    tables: { cases_documents: "asked" },
  },
  {
    name: "handed",
    sql: "CREATE TABLE cases_handed (id BLOB NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, member TEXT NOT NULL, tag BLOB NOT NULL, PRIMARY KEY (id, n, name, member)) WITHOUT ROWID",
    tables: { cases_handed: "lost" },
  },
]

export interface DocumentAt {
  readonly case: Bytes
  readonly n: number
  readonly name: string
}

/** What one case may leave here, whatever is committed: attempts that failed are among them. */
const MAX_PER_CASE = 1_000

export class CaseDocuments {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /**
   * Keeps a document durably: an own one before its step is sent, another's when it has been held against the ledger.
   * @throws PlatformError `too_many_documents`
   */
  async keep({ case: id, n, name }: DocumentAt, document: CaseDocument, at: number): Promise<void> {
    const commitment = documentCommitment(document.salt, document.content)
    const content = this.database.seal("document", commitment, encodeCbor(document as unknown as Cbor))
    await this.database.atomically(async () => {
      const { count } = await this.database.db
        .selectFrom("cases_documents")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("id", "=", id)
        .executeTakeFirstOrThrow()
      if (count >= MAX_PER_CASE)
        throw new PlatformError("too_many_documents", `this case has ${MAX_PER_CASE} documents here already`)
      await this.database.db
        .insertInto("cases_documents")
        .values({ id, n, name, commitment, content, at })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  }

  /** Under which tag of the disclosure log it stands that a member got a document; undefined: it did not. */
  async handedTo({ case: id, n, name }: DocumentAt, member: string): Promise<Bytes | undefined> {
    const row = await this.database.db
      .selectFrom("cases_handed")
      .select("tag")
      .where((where) => where.and({ id, n, name, member }))
      .executeTakeFirst()
    return row?.tag
  }

  async setHandedTo({ case: id, n, name }: DocumentAt, member: string, tag: Bytes): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .insertInto("cases_handed")
        .values({ id, n, name, member, tag })
        .onConflict((conflict) => conflict.columns(["id", "n", "name", "member"]).doUpdateSet({ tag }))
        .execute()
    })
  }

  /** It was committed nowhere. */
  async forget({ case: id, n, name }: DocumentAt, commitment: Bytes): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .deleteFrom("cases_documents")
        .where((where) => where.and({ id, n, name, commitment }))
        .execute()
    })
  }

  /** The one with this commitment; undefined: it is not here. */
  async at({ case: id, n, name }: DocumentAt, commitment: Bytes): Promise<CaseDocument | undefined> {
    const row = await this.database.db
      .selectFrom("cases_documents")
      .select(["content", "commitment"])
      .where((where) => where.and({ id, n, name, commitment }))
      .executeTakeFirst()
    if (!row) return undefined
    const opened = this.database.open("document", row.commitment, row.content)
    const document = caseDocument.parse(decodeCbor(opened), "document")
    if (!equalBytes(documentCommitment(document.salt, document.content), commitment))
      throw new PlatformError("document_damaged", "a document of a case does not fit its commitment any more")
    return document
  }
}
